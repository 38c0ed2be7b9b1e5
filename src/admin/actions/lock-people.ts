import type { Transaction } from 'sequelize'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import { can, type Permission } from '../permissions.js'
import type { PanelServices } from '../services.js'

export interface LockedPeople {
  /** Who acts, as he stands now: what his session said may be over. Undefined: deleted meanwhile. */
  actor: User | undefined
  /** Whom it concerns, by id; the actor himself where somebody changes himself. */
  others: ReadonlyMap<number, User>
}

/**
 * Locks everybody's row until the transaction ends, the lowest id first, so that two
 * administrators who change each other wait instead of deadlocking. Whoever comes second
 * is judged by what the first one left of him: as the actor himself stays what he is,
 * the last active superuser cannot be lost.
 */
export async function lockPeople(
  { database }: PanelServices,
  transaction: Transaction,
  actor: PanelUser,
  otherIds: readonly number[],
): Promise<LockedPeople> {
  const people = await database.models.User.findAll({
    attributes: ['id', 'email', 'name', 'is_staff', 'is_superuser', 'is_active', 'default_device'],
    where: { id: [actor.id, ...otherIds] },
    order: [['id', 'ASC']],
    lock: transaction.LOCK.UPDATE,
    transaction,
  })
  const others = new Map(people.filter(({ id }) => otherIds.includes(id)).map((person) => [person.id, person]))
  return { actor: people.find(({ id }) => id === actor.id), others }
}

/** Asks the rules again, of the locked rows. */
export function mayStill(actor: User | undefined, permission: Permission, table: string, owner: User): actor is User {
  if (!actor?.is_active || !actor.is_staff) return false
  const subject = { userId: owner.id, isSuperuser: owner.is_superuser }
  return can({ id: actor.id, isSuperuser: actor.is_superuser }, permission, table, subject)
}
