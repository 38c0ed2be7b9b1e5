import { type PropertyJSON, useTranslation } from 'adminjs'
import { findHostResource } from '../find-host-resource.js'

/** `grantable` of src/admin/permissions.ts, from the page's state. */
interface Grantable {
  resource: string
  permissions: string[]
  isOfDevices?: boolean
  /** Set for a resource of the host, and for its pages. */
  ofHost?: true
}

const PAGES = 'pages'
/** `ALL_DEVICES` of src/admin/permissions.ts. */
const ALL_DEVICES = '*_devices'
/** Permissions that have their own text. Any other is named after its action. */
const OF_ALL = ['view', 'add', 'change', 'delete']

/** Returns functions that name resources and permissions as the rest of the panel does. */
export function useNames() {
  const { translateAction, translateComponent, translateLabel, translatePage } = useTranslation()
  const hasWord = (permission: string, ofHost: boolean) =>
    OF_ALL.includes(permission) || (permission === 'export' && !ofHost)
  return {
    /** Returns the name in the menu. */
    resource(id: string) {
      if (id === ALL_DEVICES) return translateComponent('PermissionBoxes.all_kinds')
      return id === PAGES ? translateLabel(PAGES) : translateLabel(id, id)
    },
    permission(id: string, permission: string, ofHost = id === PAGES || findHostResource(id) !== undefined) {
      if (id === PAGES) return translatePage(permission)
      return hasWord(permission, ofHost)
        ? translateComponent(`Permissions.${permission}`)
        : translateAction(permission, id)
    },
  }
}

/** Returns the permissions that a group can grant, with their names. */
export function usePermissionNames(custom: PropertyJSON['custom']) {
  const names = useNames()
  const grantable: Grantable[] = custom['grantable']
  const rows = grantable.map(({ resource, permissions, isOfDevices = false, ofHost = false }) => ({
    resource,
    isOfDevices,
    label: names.resource(resource),
    permissions: permissions.map((permission) => ({
      text: `${resource}.${permission}`,
      name: names.permission(resource, permission, ofHost),
    })),
  }))
  return { rows, viewAll: String(custom['viewAll']) }
}
