import { z } from 'zod'
import { type AdminJS, initializeStore, type ResourceJSON } from '../adminjs.js'
import type { Language } from '../../i18n.js'
import { adminOf, ownResources } from '../page/page-state.js'
import type { PanelUser } from '../panel-user.js'
import { hostLocale } from './host-locale.js'
import { mayOpen, mayUse, offerToGroups } from './host-permissions.js'
import { idOf, isOfHost } from './host-resources.js'

/** Addresses of the host's own scripts and style sheets, which our policy lets in from this origin alone. */
const assets = z.object({ styles: z.array(z.string()).default([]), scripts: z.array(z.string()).default([]) })
export type HostAssets = z.output<typeof assets>

/** What AdminJS's page starts from, for one person: the host's rules may look at who it is. */
export interface HostState {
  state: object
  assets: HostAssets
  title: string
}

/**
 * AdminJS's state for a page that shows our resources and the host's. Made anew for each
 * page, because `isAccessible`, `branding` and `locale` of the host are functions of the person.
 */
export async function hostState(admin: AdminJS, user: PanelUser, language: Language): Promise<HostState> {
  const { session: _session, ...state } = (await initializeStore(admin, adminOf(user))).getState()
  const ofHost = new Set(admin.resources.filter(isOfHost).map(idOf))
  const own = state.resources.filter(({ id }) => !ofHost.has(id))
  const theirs = state.resources.filter(({ id }) => ofHost.has(id))
  return {
    state: {
      ...state,
      locale: hostLocale(language, state.locale, ofHost, new Set(own.map(({ id }) => id))),
      resources: [...offerToGroups(ownResources(user, own), user), ...hostResources(user, theirs)],
      pages: state.pages.filter(({ name }) => mayOpen(user, name)),
    },
    assets: assets.parse(state.assets),
    title: state.branding.companyName ?? '',
  }
}

/** Those that somebody may see. `ofHost` tells the browser's part by which method to call. */
function hostResources(user: PanelUser, resources: readonly ResourceJSON[]): object[] {
  return resources
    .filter(({ id }) => mayUse(user, id, 'list'))
    .map((resource) => ({
      ...resource,
      ofHost: true,
      actions: resource.actions.filter(({ name }) => mayUse(user, resource.id, name)),
      resourceActions: resource.resourceActions.filter(({ name }) => mayUse(user, resource.id, name)),
    }))
}
