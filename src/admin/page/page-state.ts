import { type AdminJS, type BasePropertyJSON, initializeStore, type ResourceJSON } from '../adminjs.js'
import type { Language } from '../../i18n/translator.js'
import { noClient } from '../../client-info.js'
import { panelLocale } from '../panel-texts.js'
import { PanelUser, toCurrentAdmin } from '../panel-user.js'
import { can, actionPermissions } from '../permissions.js'

/**
 * Builds AdminJS's state for all users with the same permissions, in one language: the
 * resources and actions they can use and the texts, without personal data. It never changes
 * while the process runs.
 *
 * @param like a user with these permissions
 */
export async function buildPageState(admin: AdminJS, like: PanelUser, language: Language): Promise<object> {
  const user = placeholderUser(like)
  const { session: _session, ...state } = (await initializeStore(admin, toCurrentAdmin(user))).getState()
  return { ...state, locale: panelLocale(language), resources: visibleResources(user, state.resources) }
}

/** Returns the site's resources that a user can view, each with the actions the user can perform. */
export function visibleResources(user: PanelUser, resources: readonly ResourceJSON[]): ResourceJSON[] {
  return resources
    .filter(({ id }) => can(user, 'view', id))
    .map((resource) => ({
      ...resource,
      actions: resource.actions.filter(({ name }) => mayUse(user, name, resource.id)),
      listProperties: resource.listProperties.filter((property) => seesAll(user, property)),
      filterProperties: resource.filterProperties.filter(
        (property) => (property.reference === null || can(user, 'view', property.reference)) && seesAll(user, property),
      ),
      showProperties: resource.showProperties.flatMap((property) => withTables(user, property)),
      editProperties: resource.editProperties.filter(({ name }) => user.isSuperuser || name !== 'is_superuser'),
    }))
}

function mayUse(user: PanelUser, action: string, resourceId: string): boolean {
  const permission = actionPermissions[action]
  return permission !== undefined && can(user, permission, resourceId)
}

/** Checks whether a user can view all tables that a column is computed from. */
function seesAll(user: PanelUser, { custom }: BasePropertyJSON): boolean {
  const tables: unknown = custom['tables']
  return !Array.isArray(tables) || tables.every((table) => can(user, 'view', String(table)))
}

/** Limits a property that loads rows of other tables to those the user can view. It is left out if there are none. */
function withTables(user: PanelUser, property: BasePropertyJSON): BasePropertyJSON[] {
  const tables: unknown = property.custom['tables']
  if (!Array.isArray(tables)) return [property]
  const seen = tables.filter((table) => can(user, 'view', String(table)))
  return seen.length === 0 ? [] : [{ ...property, custom: { ...property.custom, tables: seen } }]
}

/** Creates a user with the same permissions and without personal data. */
function placeholderUser({ isSuperuser, granted }: PanelUser): PanelUser {
  const group = { id: 0, name: '', permissions: [...granted], otpPolicy: null, graceDays: null, kinds: null }
  return new PanelUser({ id: 0, email: '', name: '', isStaff: true, isSuperuser, groups: [group] }, noClient)
}
