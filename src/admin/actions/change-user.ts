import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { recordAuditEvent } from '../../audit/record-event.js'
import { revokeLinks } from '../../auth/links/one-time-link.js'
import type { User } from '../../db/models/user.js'
import { nameField } from '../form-fields.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import { succeeded, notAllowed, type ActionResult } from './action-result.js'
import { type LockedUsers, lockUsers, recheckPermission } from './lock-users.js'

/** The fields that can be changed. AdminJS submits the other columns as well; they are ignored. */
export const userFields = z.object({
  name: nameField(150, 0).optional(),
  is_staff: z.boolean().optional(),
  is_active: z.boolean().optional(),
  is_superuser: z.boolean().optional(),
})

type Flag = 'is_staff' | 'is_active' | 'is_superuser'
const FLAGS: readonly Flag[] = ['is_staff', 'is_active', 'is_superuser']

type UserChanges = { name?: string } & { [Name in Flag]?: boolean }

/**
 * Changes a user's name and flags in one transaction with the audit event. A changed flag ends
 * the user's sessions, so that it applies from their next request.
 *
 * @param id the user's ID
 * @param input the fields to change; absent ones stay as they are
 */
export function changeUser(
  services: PanelServices,
  actor: PanelUser,
  id: number,
  input: z.output<typeof userFields>,
): Promise<ActionResult> {
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockUsers(services, transaction, actor, [id])
    const target = locked.others.get(id)
    if (!target) return { ok: false, code: 'not_found' }
    const changes = whatChanges(target, input)
    const rejection = refusalOf(locked, target, changes)
    if (rejection) return rejection
    if (Object.keys(changes).length > 0) await save(services, actor, transaction, target, changes)
    return succeeded
  })
}

function whatChanges(user: User, input: z.output<typeof userFields>): UserChanges {
  const changes: UserChanges = {}
  if (input.name !== undefined && input.name !== user.name) changes.name = input.name
  for (const flag of FLAGS) if (input[flag] !== undefined && input[flag] !== user[flag]) changes[flag] = input[flag]
  return changes
}

function refusalOf(locked: LockedUsers, target: User, changes: UserChanges): ActionResult | null {
  const why = recheckPermission(locked, 'change', 'users', target.id)
  const { actor } = locked
  if (why || !actor) return notAllowed(why ?? 'permission')
  if (changes.is_superuser !== undefined && !actor.isSuperuser) return notAllowed('superuser_flag')
  const loses = FLAGS.some((flag) => changes[flag] === false)
  return loses && actor.id === target.id ? notAllowed('own_access') : null
}

async function save(
  { database, clock, otp }: PanelServices,
  actor: PanelUser,
  transaction: Transaction,
  user: User,
  changes: UserChanges,
): Promise<void> {
  const concernsAccess = FLAGS.some((flag) => changes[flag] !== undefined)
  await user.update(changes, { transaction })
  if (concernsAccess) await user.increment('auth_epoch', { transaction })
  if (changes.is_staff || changes.is_superuser) await revokeLinks(otp, transaction, 'invitation', [user.id])
  await recordAuditEvent(database, transaction, {
    event: 'user_changed',
    at: clock.now(),
    userId: user.id,
    actorId: actor.id,
    client: actor.client,
    details: changes,
  })
}
