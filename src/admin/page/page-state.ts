import { z } from 'zod'
import { type AdminJS, type CurrentAdmin, initializeStore, type ResourceJSON } from '../adminjs.js'
import type { Language } from '../../i18n.js'
import { nowhere } from '../../origin.js'
import { panelLocale } from '../panel-texts.js'
import { type Level, PanelUser } from '../panel-user.js'
import { can, permissionOf } from '../permissions.js'

/** AdminJS's type wants text for an id; its code hands the user on as he is. */
const currentAdmin = z.custom<CurrentAdmin>((value) => value instanceof PanelUser)
export const adminOf = (user: PanelUser): CurrentAdmin => currentAdmin.parse(user)

/**
 * AdminJS's state for everyone of one level and language: the resources and actions he may
 * use, the texts, and nothing about himself. It never changes while the process runs.
 */
export async function pageState(admin: AdminJS, level: Level, language: Language): Promise<object> {
  const user = somebody(level)
  const { session: _session, ...state } = (await initializeStore(admin, adminOf(user))).getState()
  return { ...state, locale: panelLocale(language), resources: ownResources(user, state.resources) }
}

/** Those of our resources that somebody may see, with what he may do to each. */
export function ownResources(user: PanelUser, resources: readonly ResourceJSON[]): ResourceJSON[] {
  return resources
    .filter(({ id }) => can(user, 'view', id))
    .map((resource) => ({
      ...resource,
      actions: resource.actions.filter(({ name }) => mayUse(user, name, resource.id)),
      editProperties: resource.editProperties.filter(({ name }) => user.isSuperuser || name !== 'is_superuser'),
    }))
}

function mayUse(user: PanelUser, action: string, resourceId: string): boolean {
  const permission = permissionOf[action]
  return permission !== undefined && can(user, permission, resourceId)
}

/** A person of this level who is nobody in particular. */
function somebody(level: Level): PanelUser {
  const isSuperuser = level === 'superuser'
  const user = {
    id: 0,
    email: '',
    name: '',
    isStaff: true,
    isSuperuser,
    groups: [],
    policySince: null,
    otpDevice: null,
  }
  return new PanelUser({ ...user, isVerified: () => true }, nowhere)
}
