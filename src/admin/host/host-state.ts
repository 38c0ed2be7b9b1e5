import { z } from 'zod'
import { type AdminJS, initializeStore, type ResourceJSON } from '../adminjs.js'
import type { Language } from '../../i18n/translator.js'
import { visibleResources } from '../page/page-state.js'
import { type PanelUser, toCurrentAdmin } from '../panel-user.js'
import { hostLocale } from './host-locale.js'
import { canOpenPage, canUseAction, addHostPermissions } from './host-permissions.js'
import { resourceId, isHostResource } from '../host-resources.js'

/** URLs of the host's own scripts and style sheets. The Content-Security-Policy allows only those of this origin. */
const assets = z.object({ styles: z.array(z.string()).default([]), scripts: z.array(z.string()).default([]) })
export type HostAssets = z.output<typeof assets>

/** AdminJS's initial state for one user, because the host's rules can depend on the user. */
export interface HostState {
  state: object
  assets: HostAssets
  title: string
}

/**
 * Builds AdminJS's state for a page with the resources of the site and the host. It is built for
 * each request, because the host's `isAccessible`, `branding` and `locale` depend on the user.
 */
export async function hostState(admin: AdminJS, user: PanelUser, language: Language): Promise<HostState> {
  const { session: _session, ...state } = (await initializeStore(admin, toCurrentAdmin(user))).getState()
  const ofHost = new Set(admin.resources.filter(isHostResource).map(resourceId))
  const own = state.resources.filter(({ id }) => !ofHost.has(id))
  const hosts = state.resources.filter(({ id }) => ofHost.has(id))
  return {
    state: {
      ...state,
      locale: hostLocale(language, state.locale, ofHost, new Set(own.map(({ id }) => id))),
      resources: [...addHostPermissions(visibleResources(user, own), user), ...hostResources(user, hosts)],
      pages: state.pages.filter(({ name }) => canOpenPage(user, name)),
    },
    assets: assets.parse(state.assets),
    title: state.branding.companyName ?? '',
  }
}

/** Returns the resources that the user can view. `ofHost` tells the browser which HTTP method to use. */
function hostResources(user: PanelUser, resources: readonly ResourceJSON[]): object[] {
  return resources
    .filter(({ id }) => canUseAction(user, id, 'list'))
    .map((resource) => ({
      ...resource,
      ofHost: true,
      actions: resource.actions.filter(({ name }) => canUseAction(user, resource.id, name)),
      resourceActions: resource.resourceActions.filter(({ name }) => canUseAction(user, resource.id, name)),
    }))
}
