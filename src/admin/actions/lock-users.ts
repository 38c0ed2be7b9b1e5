import type { Transaction } from 'sequelize'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import { type Permission, type Principal, type DenialReason, denialReason } from '../permissions.js'
import { loadPrincipals } from '../load-principal.js'
import type { PanelServices } from '../panel-services.js'

export interface LockedUsers {
  /** The current rights of the user who acts, which can differ from the session's; undefined: no longer active staff. */
  actor: Principal | undefined
  /** The users to change, by ID; the actor is among them if they change themselves. */
  others: ReadonlyMap<number, User>
  standings: ReadonlyMap<number, Principal>
}

/**
 * Locks the rows of the actor and the others until the transaction ends, lowest ID first, so
 * that two administrators who change each other wait instead of deadlocking. The second one is
 * checked against the rights that the first one left. Nobody can take away their own rights, so
 * the last active superuser always remains. Changes of memberships lock the same rows.
 */
export async function lockUsers(
  { database }: PanelServices,
  transaction: Transaction,
  actor: PanelUser,
  otherIds: readonly number[],
): Promise<LockedUsers> {
  const ids = [actor.id, ...otherIds]
  const people = await database.models.User.findAll({
    attributes: ['id', 'email', 'name', 'is_staff', 'is_superuser', 'is_active', 'default_device'],
    where: { id: ids },
    order: [['id', 'ASC']],
    lock: transaction.LOCK.UPDATE,
    transaction,
  })
  const standings = await loadPrincipals(database, transaction, ids)
  const others = new Map(people.filter(({ id }) => otherIds.includes(id)).map((person) => [person.id, person]))
  const row = people.find(({ id }) => id === actor.id)
  const principal = row?.is_active && row.is_staff ? standings.get(row.id) : undefined
  return { actor: principal, others, standings }
}

/**
 * Checks the permission again, on the locked rows.
 *
 * @returns null if it is allowed
 */
export function recheckPermission(
  { actor, standings }: Pick<LockedUsers, 'actor' | 'standings'>,
  permission: Permission,
  table: string,
  personId?: number,
): DenialReason | null {
  return actor
    ? denialReason(actor, permission, table, personId === undefined ? undefined : standings.get(personId))
    : 'permission'
}
