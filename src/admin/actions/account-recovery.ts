import type { Transaction } from 'sequelize'
import { isAccessHelp, type Obstacle } from '../../auth/obstacles.js'
import { readObstacles } from '../../auth/read-obstacles.js'
import type { User } from '../../db/models/user.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import type { RecoveryAction, Principal } from '../permissions.js'
import { notAllowed, type RejectedAction } from './action-result.js'
import { lockUsers, recheckPermission } from './lock-users.js'

/** What an administrator gets to see once. */
export interface RecoveryResult {
  /** A link or a token; null if it was emailed, or there is none. */
  secret: string | null
  expiresAt: Date | null
}

/** The result of a help, with what still keeps the user from signing in. */
export interface Helped extends RecoveryResult {
  obstacles: Obstacle[]
}

export const noSecret: RecoveryResult = { secret: null, expiresAt: null }

interface Wish {
  actor: PanelUser
  how: RecoveryAction
  /** The ID of the user to help. */
  personId: number
  /** Whether the help is pointless for a deactivated user, and is rejected. */
  needsActive: boolean
}

/**
 * Changes another user's access: never the actor's own, nor that of a user with more
 * permissions. The permission is checked on the locked rows, in the same transaction.
 *
 * @param help changes nothing if it rejects
 */
export async function runRecoveryAction(
  services: PanelServices,
  { actor, how, personId, needsActive }: Wish,
  help: (person: User, transaction: Transaction, principal: Principal) => Promise<RecoveryResult | RejectedAction>,
): Promise<{ ok: true; given: Helped } | RejectedAction> {
  await services.hostUsers?.refreshRows([personId])
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockUsers(services, transaction, actor, [personId])
    const person = locked.others.get(personId)
    const principal = locked.standings.get(personId)
    if (!person || !principal) return { ok: false, code: 'not_found' }
    const why = recheckPermission(locked, how, 'users', personId)
    if (why) return notAllowed(why === 'own' ? 'own_recovery' : why)
    if (needsActive && !person.is_active) return notAllowed('inactive')
    const obstacles = await obstaclesOf(services, personId, how, transaction)
    const result = await help(person, transaction, principal)
    return 'ok' in result ? result : { ok: true, given: { ...result, obstacles } }
  })
}

/** Reads the obstacles, for a help that lets the user sign in. Ending sessions does not. */
async function obstaclesOf(
  services: PanelServices,
  personId: number,
  how: RecoveryAction,
  transaction: Transaction,
): Promise<Obstacle[]> {
  if (!isAccessHelp(how)) return []
  return (await readObstacles(services, personId, [how], transaction))[how] ?? []
}
