import type { Kind } from '../otp/kinds/kind.js'

/** What may be done to a resource: Django's four words, taking a copy of a list, and each way to help somebody. */
export type Permission = 'view' | 'add' | 'change' | 'delete' | 'export' | Help

/** Ways to give somebody access again, or to take it. */
export type Help = 'unlock' | 'invite' | 'giveBackupToken' | 'endSessions' | 'resetSecondFactor'

/** What the rules look at in a person: the one who acts, and the one whom it concerns. */
export interface Standing {
  id: number
  isSuperuser: boolean
  isStaff: boolean
  /** What his groups allow, all together, as texts such as `users.view`; null: he is in none. */
  granted: ReadonlySet<string> | null
  /** Texts that there are besides, for a host's resources: staff in no group may all of that. None where nothing is said. */
  ofHost?: readonly string[]
}

/** Why somebody may not: he lacks the permission, or it is about a superuser, somebody who may more, or himself. */
export type WhyNot = 'permission' | 'superuser' | 'above' | 'own'

/** The permission behind each of AdminJS's actions; no other action exists. */
export const permissionOf: Readonly<Record<string, Permission>> = {
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

/** What changes something, or leaves a line in the trail: POST alone. */
export function writes(action: string): boolean {
  return permissionOf[action] !== 'view'
}

export const helps: readonly Help[] = ['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']
const devices: readonly Permission[] = ['view', 'change', 'delete', 'export']

type Offered = Readonly<Record<string, readonly Permission[]>>

/** What can be done to each resource at all. The kinds of device have their place between people and the rest. */
const offeredWith = (ofKinds: Offered): Offered => ({
  users: ['view', 'change', 'export', ...helps],
  groups: ['view', 'add', 'change', 'delete', 'export'],
  user_groups: ['view', 'add', 'delete', 'export'],
  ...ofKinds,
  trusted_browsers: ['view', 'delete', 'export'],
  audit_events: ['view', 'export'],
})

let offered = offeredWith({})

/** Sees every resource, those that come later, too. */
export const VIEW_ALL = '*.view'

/** Who may do what is said by superusers alone, so that nobody can give more than he has. */
const forSuperusers = new Set(['groups.add', 'groups.change', 'groups.delete'])

/** One resource, with what a group can give of it. */
interface Grantable {
  resource: string
  permissions: readonly Permission[]
}

interface Catalogue {
  grantable: readonly Grantable[]
  /** Every text that a group may hold. */
  texts: readonly string[]
  /** What staff may who are in no group. A group's members have what their groups say, and nothing of this. */
  withoutGroup: ReadonlySet<string>
}

let catalogue = listPermissions()

/** Adds what the panel shows of kinds of device, in this whole process. */
export function offerKinds(kinds: readonly Kind[]): void {
  for (const { table, panel } of kinds) {
    if (panel) kindTables.set(table, devices)
    for (const part of panel?.parts ?? []) partTables.set(part.table, ['view', 'export'])
  }
  offered = offeredWith(Object.fromEntries([...kindTables, ...partTables]))
  catalogue = listPermissions()
}

const kindTables = new Map<string, readonly Permission[]>()
const partTables = new Map<string, readonly Permission[]>()

/** Who is in a group goes with the group itself, so there is nothing to give of it. */
function listPermissions(): Catalogue {
  const grantable = Object.entries(offered)
    .filter(([resource]) => resource !== 'user_groups')
    .map(([resource, all]) => ({
      resource,
      permissions: all.filter((permission) => !forSuperusers.has(`${resource}.${permission}`)),
    }))
  const texts = grantable.flatMap(({ resource, permissions }) => permissions.map((each) => `${resource}.${each}`))
  const withoutGroup = texts.filter((text) => !text.startsWith('groups.') && !text.endsWith('.export'))
  return { grantable, texts: [VIEW_ALL, ...texts], withoutGroup: new Set(withoutGroup) }
}

/** All that there is to give, as things stand: kinds from outside are added at the start. */
export function permissionCatalogue(): Catalogue {
  return catalogue
}

/** Everything that can be done to a resource, superusers' part included. */
export function offeredFor(resource: string): readonly Permission[] {
  return Object.hasOwn(offered, resource) ? (offered[resource] ?? []) : []
}

const nothing: ReadonlySet<string> = new Set()

/**
 * The texts by which somebody may. Of a person who may not come in at present, those that
 * he would have: whoever gets hold of his account would have them as soon as he may.
 */
export function permissionsOf({ isStaff, granted }: Standing): ReadonlySet<string> {
  return granted ?? (isStaff ? catalogue.withoutGroup : nothing)
}

/** Whether somebody may do all that another may. Nobody gives, takes or hands over what he does not have himself. */
export function covers(actor: Standing, other: Standing): boolean {
  if (actor.isSuperuser) return true
  if (other.isSuperuser) return false
  const ofHost = other.isStaff && other.granted === null ? (actor.ofHost ?? []) : []
  return [...permissionsOf(other), ...ofHost].every((text) => holdsText(actor, text))
}

/**
 * The one rule of the panel, for menus, buttons, the API and the writing verbs alike.
 *
 * A superuser may all that there is, others what their groups say. Only a superuser touches
 * a superuser, nobody touches somebody who may more than himself, and nobody deletes his
 * own device or gives himself access here: he does that on his own pages, where he must be
 * verified afresh.
 *
 * @param subject whose row; undefined asks about the resource as a whole
 * @returns null: he may
 */
export function whyNot(actor: Standing, permission: Permission, resource: string, subject?: Standing): WhyNot | null {
  if (!offeredFor(resource).includes(permission) || !holds(actor, permission, resource)) return 'permission'
  if (!subject || permission === 'view' || permission === 'export') return null
  if (subject.isSuperuser && !actor.isSuperuser) return 'superuser'
  if (subject.id === actor.id) return permission === 'change' ? null : 'own'
  return covers(actor, subject) ? null : 'above'
}

/** Whether `whyNot` has no objection. */
export function can(actor: Standing, permission: Permission, resource: string, subject?: Standing): boolean {
  return whyNot(actor, permission, resource, subject) === null
}

function holds(actor: Standing, permission: string, resource: string): boolean {
  if (actor.isSuperuser) return true
  const text = `${resource === 'user_groups' ? 'groups' : resource}.${permission}`
  return !forSuperusers.has(text) && holdsText(actor, text)
}

function holdsText(actor: Standing, text: string): boolean {
  const texts = permissionsOf(actor)
  if (texts.has(text) || (text.endsWith('.view') && texts.has(VIEW_ALL))) return true
  return actor.isStaff && actor.granted === null && (actor.ofHost ?? []).includes(text)
}
