import type { Transaction } from 'sequelize'
import { isAccessHelp, type Obstacle } from '../../auth/obstacles.js'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { lockPeople, whyNoLonger } from './lock-people.js'
import { notAllowed, type Refused } from './outcome.js'
import type { Help, Standing } from '../permissions.js'

/** What somebody gets to know for the one time that it is shown. */
export interface Given {
  /** A link or a token; null: it went elsewhere, or there is none. */
  secret: string | null
  expiresAt: Date | null
}

/** What came of a help, and what still keeps the person from signing in. */
export interface Helped extends Given {
  obstacles: Obstacle[]
}

export const nothing: Given = { secret: null, expiresAt: null }

interface Wish {
  actor: PanelUser
  how: Help
  /** Whom it concerns. */
  personId: number
  /** It would be of no use to somebody who may not sign in. */
  needsActive: boolean
}

/**
 * Does something about another person's access: never one's own, nor that of somebody who
 * may more. Judged by the locked rows and done in the same transaction.
 *
 * @param help where it refuses, it has changed nothing
 */
export async function helpPerson(
  services: PanelServices,
  { actor, how, personId, needsActive }: Wish,
  help: (person: User, transaction: Transaction, standing: Standing) => Promise<Given | Refused>,
): Promise<{ ok: true; given: Helped } | Refused> {
  await services.refreshPeople([personId])
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockPeople(services, transaction, actor, [personId])
    const person = locked.others.get(personId)
    const standing = locked.standings.get(personId)
    if (!person || !standing) return { ok: false, code: 'not_found' }
    const why = whyNoLonger(locked, how, 'users', personId)
    if (why) return notAllowed(why === 'own' ? 'own_recovery' : why)
    if (needsActive && !person.is_active) return notAllowed('inactive')
    const obstacles = await obstaclesOf(services, personId, how, transaction)
    const given = await help(person, transaction, standing)
    return 'ok' in given ? given : { ok: true, given: { ...given, obstacles } }
  })
}

/** Ending sessions lets nobody in, so nothing is in its way. */
async function obstaclesOf(
  services: PanelServices,
  personId: number,
  how: Help,
  transaction: Transaction,
): Promise<Obstacle[]> {
  if (!isAccessHelp(how)) return []
  return (await services.readObstacles(personId, [how], transaction))[how] ?? []
}
