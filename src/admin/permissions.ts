/** What may be done to a resource, in Django's words; `recover` is about somebody's access: gives some, or takes it. */
export type Permission = 'view' | 'add' | 'change' | 'delete' | 'recover'

/** Whose row it is: the user himself, or the owner of a device. */
export interface Subject {
  userId: number
  isSuperuser: boolean
}

/** The part of a person that the rules look at. */
export interface Actor {
  id: number
  isSuperuser: boolean
}

/** The permission behind each of AdminJS's actions; no other action exists. */
export const permissionOf: Readonly<Record<string, Permission>> = {
  list: 'view',
  search: 'view',
  show: 'view',
  new: 'add',
  edit: 'change',
  delete: 'delete',
  bulkDelete: 'delete',
  invite: 'recover',
  giveBackupToken: 'recover',
  endSessions: 'recover',
  resetSecondFactor: 'recover',
}

/** What changes something: POST alone. */
export function writes(action: string): boolean {
  return permissionOf[action] !== 'view'
}

const devices: readonly Permission[] = ['view', 'change', 'delete']

/** What staff may do to each resource at all. A kind of device added later is one more line. */
const allowed: Record<string, readonly Permission[]> = {
  users: ['view', 'change', 'recover'],
  totp_devices: devices,
  webauthn_devices: devices,
  hotp_devices: devices,
  phone_devices: devices,
  email_devices: devices,
  static_devices: devices,
  static_tokens: ['view'],
  trusted_browsers: ['view', 'delete'],
  audit_events: ['view'],
}

/** The same for the table of a kind of device from outside, in this whole process. */
export function offerDevices(table: string): void {
  allowed[table] = devices
}

/**
 * The one rule of the panel, for menus, buttons, the API and the writing verbs alike.
 * Only a superuser touches a superuser, and nobody deletes his own device or gives himself
 * access here: he does that on his own pages, where he must be verified afresh.
 *
 * @param subject whose row; undefined asks about the resource as a whole
 */
export function can(actor: Actor, permission: Permission, resourceId: string, subject?: Subject): boolean {
  if (!Object.hasOwn(allowed, resourceId) || !allowed[resourceId]?.includes(permission)) return false
  if (!subject || permission === 'view') return true
  if (subject.isSuperuser && !actor.isSuperuser) return false
  return !((permission === 'delete' || permission === 'recover') && subject.userId === actor.id)
}
