import type { Transaction } from 'sequelize'
import { isAccessHelp, type Obstacle } from '../../auth/obstacles.js'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { lockPeople, whyNoLonger } from './lock-people.js'
import { notAllowed, type Refused } from './outcome.js'
import type { Help, Standing } from '../permissions.js'

/** What an administrator gets to see once. */
export interface Given {
  /** A link or a token; null if it was emailed, or there is none. */
  secret: string | null
  expiresAt: Date | null
}

/** The result of a help, with what still keeps the user from signing in. */
export interface Helped extends Given {
  obstacles: Obstacle[]
}

export const nothing: Given = { secret: null, expiresAt: null }

interface Wish {
  actor: PanelUser
  how: Help
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
export async function helpPerson(
  services: PanelServices,
  { actor, how, personId, needsActive }: Wish,
  help: (person: User, transaction: Transaction, principal: Standing) => Promise<Given | Refused>,
): Promise<{ ok: true; given: Helped } | Refused> {
  await services.refreshPeople([personId])
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockPeople(services, transaction, actor, [personId])
    const person = locked.others.get(personId)
    const principal = locked.standings.get(personId)
    if (!person || !principal) return { ok: false, code: 'not_found' }
    const why = whyNoLonger(locked, how, 'users', personId)
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
  how: Help,
  transaction: Transaction,
): Promise<Obstacle[]> {
  if (!isAccessHelp(how)) return []
  return (await services.readObstacles(personId, [how], transaction))[how] ?? []
}
