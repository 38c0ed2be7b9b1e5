import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { recordEvent } from '../../audit.js'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { lockPeople, mayStill } from './lock-people.js'
import { done, notAllowed, type Outcome } from './outcome.js'
import { name } from './parse-fields.js'

/** What the form may hold. Every other field of it is AdminJS's own echo of the row and is left out. */
export const userFields = z.object({
  name: name(150, 0).optional(),
  is_staff: z.boolean().optional(),
  is_active: z.boolean().optional(),
  is_superuser: z.boolean().optional(),
})

type Flag = 'is_staff' | 'is_active' | 'is_superuser'
const FLAGS: readonly Flag[] = ['is_staff', 'is_active', 'is_superuser']

type UserChanges = { name?: string } & { [Name in Flag]?: boolean }

/**
 * Changes a person's name and standing in one transaction with the audit event. A
 * changed standing ends that person's sessions, so that it holds from the next request.
 */
export function changeUser(
  services: PanelServices,
  actor: PanelUser,
  id: number,
  wish: z.output<typeof userFields>,
): Promise<Outcome> {
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockPeople(services, transaction, actor, [id])
    const target = locked.others.get(id)
    if (!target) return { ok: false, code: 'not_found' }
    const changes = whatChanges(target, wish)
    const refusal = refusalOf(locked.actor, target, changes)
    if (refusal) return refusal
    if (Object.keys(changes).length > 0) await save(services, actor, transaction, target, changes)
    return done
  })
}

function whatChanges(user: User, wish: z.output<typeof userFields>): UserChanges {
  const changes: UserChanges = {}
  if (wish.name !== undefined && wish.name !== user.name) changes.name = wish.name
  for (const flag of FLAGS) if (wish[flag] !== undefined && wish[flag] !== user[flag]) changes[flag] = wish[flag]
  return changes
}

function refusalOf(actor: User | undefined, target: User, changes: UserChanges): Outcome | null {
  if (!mayStill(actor, 'change', 'users', target)) return notAllowed('superuser')
  if (changes.is_superuser !== undefined && !actor.is_superuser) return notAllowed('superuser_flag')
  const loses = FLAGS.some((flag) => changes[flag] === false)
  return loses && actor.id === target.id ? notAllowed('own_access') : null
}

async function save(
  { database, clock }: PanelServices,
  actor: PanelUser,
  transaction: Transaction,
  user: User,
  changes: UserChanges,
): Promise<void> {
  const concernsAccess = FLAGS.some((flag) => changes[flag] !== undefined)
  await user.update(changes, { transaction })
  if (concernsAccess) await user.increment('auth_epoch', { transaction })
  await recordEvent(database, transaction, {
    event: 'user_changed',
    at: clock.now(),
    userId: user.id,
    actorId: actor.id,
    origin: actor.origin,
    details: changes,
  })
}
