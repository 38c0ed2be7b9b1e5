/** What may be done to a resource, in Django's words. */
export type Permission = 'view' | 'add' | 'change' | 'delete'

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
}

const devices: readonly Permission[] = ['view', 'change', 'delete']

/** What staff may do to each resource at all. A kind of device added later is one more line. */
const allowed: Readonly<Record<string, readonly Permission[]>> = {
  users: ['view', 'change'],
  totp_devices: devices,
  static_devices: devices,
  static_tokens: ['view'],
  audit_events: ['view'],
}

/**
 * The one rule of the panel, for menus, buttons, the API and the writing verbs alike.
 * Only a superuser touches a superuser, and nobody deletes his own device here: he does
 * that on his own pages, where he must be verified afresh.
 *
 * @param subject whose row; undefined asks about the resource as a whole
 */
export function can(actor: Actor, permission: Permission, resourceId: string, subject?: Subject): boolean {
  if (!Object.hasOwn(allowed, resourceId) || !allowed[resourceId]?.includes(permission)) return false
  if (!subject || permission === 'view') return true
  if (subject.isSuperuser && !actor.isSuperuser) return false
  return !(permission === 'delete' && subject.userId === actor.id)
}
