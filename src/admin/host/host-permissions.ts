import type { AdminJS, BasePropertyJSON, ResourceJSON } from '../adminjs.js'
import type { PanelUser } from '../panel-user.js'
import { actionPermissions } from '../permissions.js'
import { resourceId, isHostResource } from '../host-resources.js'

/**
 * Returns the permission for an action. AdminJS's own actions use the panel's permissions, the
 * host's actions their names.
 *
 * @example permissionName('orders', 'edit') // 'orders.change'
 * @example permissionName('orders', 'refund') // 'orders.refund'
 */
export function permissionName(resourceId: string, action: string): string {
  const word = Object.hasOwn(actionPermissions, action) ? actionPermissions[action] : undefined
  return `${resourceId}.${word ?? action}`
}

/**
 * Checks the permission for an action of the host, before the host's own `isAccessible`.
 * With `access: 'groups'`, only superusers and members of a group that grants it have it.
 */
export function canUseAction(user: PanelUser, resourceId: string, action: string): boolean {
  return hasPermission(user, permissionName(resourceId, action))
}

/** Checks the permission for a page of the host, `pages.<name>`. `*.view` is for resources only. */
export function canOpenPage({ isSuperuser, granted, ofHost }: PanelUser, page: string): boolean {
  return isSuperuser || ofHost === null || granted.has(`pages.${page}`)
}

function hasPermission({ isSuperuser, granted, ofHost }: PanelUser, text: string): boolean {
  if (isSuperuser || ofHost === null) return true
  return granted.has(text) || (text.endsWith('.view') && granted.has('*.view'))
}

/** Adds checkboxes for the host's permissions to the pages of groups. */
export function addHostPermissions(resources: readonly ResourceJSON[], user: PanelUser): ResourceJSON[] {
  const ofHost = user.ofHost ?? []
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

/** Lists the permissions for a host's resources and pages, which a group can contain. */
export function listHostPermissions(admin: AdminJS): string[] {
  const actions = admin.resources.filter(isHostResource).flatMap((resource) => {
    const names = Object.keys(resource.decorate().actions)
    return names.map((name) => permissionName(resourceId(resource), name))
  })
  const pages = Object.keys(admin.options.pages ?? {}).map((name) => `pages.${name}`)
  return [...new Set([...actions, ...pages])]
}
