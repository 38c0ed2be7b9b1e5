import type { Transaction } from 'sequelize'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import { type Permission, type Standing, type WhyNot, whyNot } from '../permissions.js'
import { readStandings } from '../read-standing.js'
import type { PanelServices } from '../services.js'

export interface LockedPeople {
  /** Who acts, as he stands now: what his session said may be over. Undefined: he may not come in any more. */
  actor: Standing | undefined
  /** Whom it concerns, by id; the actor himself where somebody changes himself. */
  others: ReadonlyMap<number, User>
  standings: ReadonlyMap<number, Standing>
}

/**
 * Locks everybody's row until the transaction ends, the lowest id first, so that two
 * administrators who change each other wait instead of deadlocking. Whoever comes second
 * is judged by what the first one left of him: as the actor himself stays what he is,
 * the last active superuser cannot be lost. Who joins or leaves a group locks the same rows.
 */
export async function lockPeople(
  { database }: PanelServices,
  transaction: Transaction,
  actor: PanelUser,
  otherIds: readonly number[],
): Promise<LockedPeople> {
  const ids = [actor.id, ...otherIds]
  const people = await database.models.User.findAll({
    attributes: ['id', 'email', 'name', 'is_staff', 'is_superuser', 'is_active', 'default_device'],
    where: { id: ids },
    order: [['id', 'ASC']],
    lock: transaction.LOCK.UPDATE,
    transaction,
  })
  const standings = await readStandings(database, transaction, ids)
  const others = new Map(people.filter(({ id }) => otherIds.includes(id)).map((person) => [person.id, person]))
  const row = people.find(({ id }) => id === actor.id)
  const standing = row?.is_active && row.is_staff ? standings.get(row.id) : undefined
  return { actor: standing && { ...standing, ofHost: actor.ofHost }, others, standings }
}

/** Asks the rules again, of the locked rows. Null: he may. */
export function whyNoLonger(
  { actor, standings }: Pick<LockedPeople, 'actor' | 'standings'>,
  permission: Permission,
  table: string,
  personId?: number,
): WhyNot | null {
  return actor
    ? whyNot(actor, permission, table, personId === undefined ? undefined : standings.get(personId))
    : 'permission'
}
