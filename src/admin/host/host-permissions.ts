import type { AdminJS, BasePropertyJSON, ResourceJSON } from '../adminjs.js'
import type { PanelUser } from '../panel-user.js'
import { permissionOf } from '../permissions.js'
import { idOf, isOfHost } from './host-resources.js'

/** AdminJS's own actions go by the panel's words, the host's by their names: `orders.change`, `orders.refund`. */
export function permissionText(resourceId: string, action: string): string {
  const word = Object.hasOwn(permissionOf, action) ? permissionOf[action] : undefined
  return `${resourceId}.${word ?? action}`
}

/**
 * Who may use an action of the host, as far as we are asked; the host's own `isAccessible`
 * is asked afterwards. Superusers and staff in no group may, members of groups where one
 * of these says so.
 */
export function mayUse(user: PanelUser, resourceId: string, action: string): boolean {
  return holds(user, permissionText(resourceId, action))
}

/** A page of the host goes by the permission `pages.<name>`. */
export function mayOpen(user: PanelUser, page: string): boolean {
  return holds(user, `pages.${page}`)
}

function holds({ isSuperuser, granted }: PanelUser, text: string): boolean {
  if (isSuperuser || granted === null) return true
  return granted.has(text) || (text.endsWith('.view') && granted.has('*.view'))
}

/** The page of our groups with boxes for the host's permissions, too. */
export function offerToGroups(resources: readonly ResourceJSON[], { ofHost }: PanelUser): ResourceJSON[] {
  const ids = new Set(ofHost.map(resourceOf))
  const grantable = [...ids].map((resource) => ({
    resource,
    ofHost: true,
    permissions: ofHost.filter((text) => resourceOf(text) === resource).map((text) => text.slice(resource.length + 1)),
  }))
  const offer = (property: BasePropertyJSON) =>
    property.name === 'permissions' ? withGrantable(property, grantable) : property
  return resources.map((resource) =>
    resource.id === 'groups'
      ? {
          ...resource,
          editProperties: resource.editProperties.map(offer),
          showProperties: resource.showProperties.map(offer),
        }
      : resource,
  )
}

const resourceOf = (text: string) => text.slice(0, text.lastIndexOf('.'))

function withGrantable({ custom, ...property }: BasePropertyJSON, more: readonly object[]): BasePropertyJSON {
  return { ...property, custom: { ...custom, grantable: [...custom['grantable'], ...more] } }
}

/** Every text that a group may hold because of the host: one for each permission of its resources and pages. */
export function hostPermissions(admin: AdminJS): string[] {
  const actions = admin.resources.filter(isOfHost).flatMap((resource) => {
    const names = Object.keys(resource.decorate().actions)
    return names.map((name) => permissionText(idOf(resource), name))
  })
  const pages = Object.keys(admin.options.pages ?? {}).map((name) => `pages.${name}`)
  return [...new Set([...actions, ...pages])]
}
