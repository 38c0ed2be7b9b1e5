import type { Kind } from '../otp/kind-registry/kind.js'

/** What a user can do with a resource: Django's four permissions, exporting a list, and each way to help a user. */
export type Permission = 'view' | 'add' | 'change' | 'delete' | 'export' | RecoveryAction

/** Ways to restore a user's access, or to end it. */
export type RecoveryAction = 'unlock' | 'invite' | 'giveBackupToken' | 'endSessions' | 'resetSecondFactor'

/** The rights of a user, either the actor or the subject of an action. */
export interface Principal {
  id: number
  isSuperuser: boolean
  isStaff: boolean
  /** The permissions of all their groups, such as `users.view`; empty: staff who see their own account only. */
  granted: ReadonlySet<string>
}

/**
 * Why an action is denied: the actor does not have the permission, or the subject is a superuser,
 * has more permissions than the actor, or is the actor.
 */
export type DenialReason = 'permission' | 'superuser' | 'above' | 'own'

/** The permission behind each of AdminJS's actions; no other action exists. */
export const actionPermissions: Readonly<Record<string, Permission>> = {
  list: 'view',
  search: 'view',
  show: 'view',
  new: 'add',
  edit: 'change',
  delete: 'delete',
  bulkDelete: 'delete',
  export: 'export',
  unlock: 'unlock',
  invite: 'invite',
  giveBackupToken: 'giveBackupToken',
  endSessions: 'endSessions',
  resetSecondFactor: 'resetSecondFactor',
}

/** Checks whether an action changes something or adds to the audit log. Such actions require POST. */
export function isWriteAction(action: string): boolean {
  return actionPermissions[action] !== 'view'
}

export const recoveryActions: readonly RecoveryAction[] = [
  'unlock',
  'invite',
  'giveBackupToken',
  'endSessions',
  'resetSecondFactor',
]
const devices: readonly Permission[] = ['view', 'change', 'delete', 'export']

type Offered = Readonly<Record<string, readonly Permission[]>>

/** Lists every permission of each resource. The kinds of device come after users and groups. */
const offeredWith = (ofKinds: Offered): Offered => ({
  users: ['view', 'add', 'change', 'export', ...recoveryActions],
  groups: ['view', 'add', 'change', 'delete', 'export'],
  user_groups: ['view', 'add', 'delete', 'export'],
  ...ofKinds,
  trusted_browsers: ['view', 'delete', 'export'],
  audit_events: ['view', 'export'],
})

let offered = offeredWith({})

/** The permission to view every resource, including ones added later. */
export const VIEW_ALL = '*.view'
/**
 * Stands for the tables of all kinds of device in a permission, as in `*_devices.change`, including
 * kinds added later. No resource has this ID (host/assert-no-conflicts.ts).
 */
export const ALL_DEVICES = '*_devices'

/** Permissions that only superusers have: anyone who could change groups could give themselves every permission. */
const forSuperusers = new Set(['groups.add', 'groups.change', 'groups.delete'])

/** A resource with the permissions that a group can grant for it. */
interface Grantable {
  resource: string
  permissions: readonly Permission[]
  /** Whether `*_devices` covers this resource. */
  isOfDevices: boolean
}

interface Catalogue {
  grantable: readonly Grantable[]
  /** Every permission that a group can contain. */
  texts: readonly string[]
}

const kindTables = new Map<string, readonly Permission[]>()
const partTables = new Map<string, readonly Permission[]>()
const isOfDevices = (table: string) => kindTables.has(table) || partTables.has(table)

let catalogue = listPermissions()

/** Adds the resources of kinds of device to the permissions, for the whole process. */
export function offerKinds(kinds: readonly Kind[]): void {
  for (const { table, panel } of kinds) {
    if (panel) kindTables.set(table, devices)
    for (const part of panel?.parts ?? []) partTables.set(part.table, ['view', 'export'])
  }
  offered = offeredWith(Object.fromEntries([...kindTables, ...partTables]))
  catalogue = listPermissions()
}

/** Lists the permissions that can be granted. Memberships have none of their own: those of `groups` apply. */
function listPermissions(): Catalogue {
  const single = Object.entries(offered)
    .filter(([resource]) => resource !== 'user_groups')
    .map(([resource, all]) => ({
      resource,
      permissions: all.filter((permission) => !forSuperusers.has(`${resource}.${permission}`)),
      isOfDevices: isOfDevices(resource),
    }))
  const grantable = [...single, { resource: ALL_DEVICES, permissions: devices, isOfDevices: false }]
  const texts = grantable.flatMap(({ resource, permissions }) => permissions.map((each) => `${resource}.${each}`))
  return { grantable, texts: [VIEW_ALL, ...texts] }
}

/** Returns every permission that can be granted, including those for custom kinds added at start-up. */
export function permissionCatalogue(): Catalogue {
  return catalogue
}

/** Returns every permission of a resource, including those that only superusers have. */
export function availablePermissions(resource: string): readonly Permission[] {
  return Object.hasOwn(offered, resource) ? (offered[resource] ?? []) : []
}

/**
 * Checks whether the actor has every permission of another user. Only then can they change that
 * user's access. The permissions of someone who is deactivated or not staff count as well, so
 * that nobody with fewer permissions can take over the account in the meantime.
 */
export function hasAllPermissionsOf(actor: Principal, other: Principal): boolean {
  if (actor.isSuperuser) return true
  return !other.isSuperuser && [...other.granted].every((text) => holdsText(actor, text))
}

/**
 * Applies the panel's permission rules, for menus, buttons, the API and the actions alike.
 *
 * Superusers have every permission, other users only those of their groups. Only a superuser can
 * change a superuser, and nobody can change a user with more permissions than their own. Users
 * cannot delete their own devices or restore their own access in the panel. They do that on their
 * account pages, which require step-up.
 *
 * @param subject the owner of the row; undefined checks the resource as a whole
 * @returns why the action is denied; null if it is allowed
 */
export function denialReason(
  actor: Principal,
  permission: Permission,
  resource: string,
  subject?: Principal,
): DenialReason | null {
  if (!availablePermissions(resource).includes(permission) || !hasPermission(actor, permission, resource))
    return 'permission'
  // Adding a row shows whether there is one already.
  if (permission === 'add' && !hasPermission(actor, 'view', resource)) return 'permission'
  if (!subject || permission === 'view' || permission === 'export') return null
  if (subject.isSuperuser && !actor.isSuperuser) return 'superuser'
  if (subject.id === actor.id) return permission === 'change' ? null : 'own'
  return hasAllPermissionsOf(actor, subject) ? null : 'above'
}

/** Checks whether `denialReason` allows an action. */
export function can(actor: Principal, permission: Permission, resource: string, subject?: Principal): boolean {
  return denialReason(actor, permission, resource, subject) === null
}

function hasPermission(actor: Principal, permission: string, resource: string): boolean {
  if (actor.isSuperuser) return true
  const text = `${resource === 'user_groups' ? 'groups' : resource}.${permission}`
  return !forSuperusers.has(text) && holdsText(actor, text)
}

function holdsText({ granted }: Principal, text: string): boolean {
  if (granted.has(text) || (text.endsWith('.view') && granted.has(VIEW_ALL))) return true
  const [table = '', permission = ''] = text.split('.')
  return isOfDevices(table) && granted.has(`${ALL_DEVICES}.${permission}`)
}
