import { type PropertyJSON, useTranslation } from 'adminjs'
import { hostResource } from './host-resource.js'

/** `grantable` of src/admin/permissions.ts, as the page's state hands it on. */
interface Grantable {
  resource: string
  permissions: string[]
  /** A resource of the application, or its pages. */
  ofHost?: true
}

const PAGES = 'pages'
/** What the panel has a word of its own for; every other permission goes by the name of its action. */
const OF_ALL = ['view', 'add', 'change', 'delete']

/** Resources and permissions in the words that the rest of the panel has for them. */
export function useNames() {
  const { translateAction, translateComponent, translateLabel, translatePage } = useTranslation()
  const hasWord = (permission: string, ofHost: boolean) =>
    OF_ALL.includes(permission) || (permission === 'export' && !ofHost)
  return {
    /** As the menu calls it. */
    resource: (id: string) => (id === PAGES ? translateLabel(PAGES) : translateLabel(id, id)),
    permission(id: string, permission: string, ofHost = id === PAGES || hostResource(id) !== undefined) {
      if (id === PAGES) return translatePage(permission)
      return hasWord(permission, ofHost)
        ? translateComponent(`Permissions.${permission}`)
        : translateAction(permission, id)
    },
  }
}

/** The permissions that a group can give, in words. */
export function usePermissionNames(custom: PropertyJSON['custom']) {
  const names = useNames()
  const grantable: Grantable[] = custom['grantable']
  const rows = grantable.map(({ resource, permissions, ofHost = false }) => ({
    resource,
    label: names.resource(resource),
    permissions: permissions.map((permission) => ({
      text: `${resource}.${permission}`,
      name: names.permission(resource, permission, ofHost),
    })),
  }))
  return { rows, viewAll: String(custom['viewAll']) }
}
