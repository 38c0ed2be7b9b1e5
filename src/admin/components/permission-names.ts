import { type PropertyJSON, useTranslation } from 'adminjs'

/** `grantable` of src/admin/permissions.ts, as the page's state hands it on. */
interface Grantable {
  resource: string
  permissions: string[]
}

/** The permissions that a group can give, in words. */
export function usePermissionNames(custom: PropertyJSON['custom']) {
  const { translateAction, translateComponent, translateLabel } = useTranslation()
  const grantable: Grantable[] = custom['grantable']
  const isAction = (permission: string) => !['view', 'add', 'change', 'delete', 'export'].includes(permission)
  const nameOf = (permission: string, resource: string) =>
    isAction(permission) ? translateAction(permission, resource) : translateComponent(`Permissions.${permission}`)
  const rows = grantable.map(({ resource, permissions }) => ({
    resource,
    label: translateLabel(resource),
    permissions: permissions.map((permission) => ({
      text: `${resource}.${permission}`,
      name: nameOf(permission, resource),
    })),
  }))
  return { rows, viewAll: String(custom['viewAll']) }
}
