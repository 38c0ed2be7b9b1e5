import type { Request } from 'express'
import { recordAuditEvent } from '../../audit/record-event.js'
import { hashPassword, matchPassword } from '../../crypto/hash-password.js'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { networkSender } from '../../http/client/ip-rate-limit.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { siteLogin, type TypedLogin } from '../../otp/throttle/password-waits.js'
import { emailCandidates } from '../../typed-text/read-email.js'
import type { Auth } from '../auth.js'
import type { FoundLogin, PasswordUser } from '../host-users/host-users.js'
import { readBrowserToken } from '../known-browser.js'
import { ownUserSql } from './own-user-sql.js'
import { type PasswordTurn, type TakenAttempt, takePasswordAttempt, notifyPasswordFailures } from './password-limit.js'

export type PasswordCheck =
  | {
      ok: true
      user: PasswordUser
      /** Clears failed attempts, together with another statement. */
      changes: AttachedStatement[]
    }
  | { ok: false; reason: 'invalid_login' }
  | { ok: false; reason: 'wait'; retryAfter: number; ended: boolean }

/**
 * Checks login and password at sign-in. An unknown login, an incorrect password and an
 * inactive user take the same steps and the same time, wait alike and get the same response
 * (ASVS 6.3.8). In a browser in which this user has signed in before, failures from elsewhere do not apply.
 */
export async function checkPassword(auth: Auth, req: Request, login: string, password: string): Promise<PasswordCheck> {
  const sender = networkSender(req)
  // Whether the cookie belongs to this user is known only after the login was looked up.
  const mayBeKnown = readBrowserToken(auth, req) !== null
  const early = mayBeKnown ? null : await auth.ipRateLimit.take(sender)
  if (early !== null) return waitFor(early)
  const found = await findLogin(auth, login)
  // A known browser does not queue behind unknown ones.
  if (!mayBeKnown) await queueAttempt(auth, req, found.login)
  const turn = await takePasswordAttempt(auth, req, found)
  if (!turn.ok) {
    if (!mayBeKnown) await auth.ipRateLimit.refund(sender)
    return { reason: 'wait', ...turn }
  }
  const counted = mayBeKnown && turn.lane === 'known_browser' ? null : sender
  const late = mayBeKnown ? await auth.ipRateLimit.take(counted) : null
  if (late !== null) {
    await turn.giveBack()
    return waitFor(late)
  }
  const user = await checkTaken(turn, () => (turn.failures === null ? found.reject(password) : found.check(password)))
  if (!user) return rejectAttempt(auth, req, found, turn)
  return { ok: true, user, changes: [...auth.ipRateLimit.refundStatement(counted), ...turn.succeeded()] }
}

const waitFor = (retryAfter: number) => ({ ok: false, reason: 'wait', retryAfter, ended: false }) as const

/** Checks a password whose attempt was already counted. After an error the attempt is refunded. */
export async function checkTaken<Result>(turn: TakenAttempt, check: () => Promise<Result>): Promise<Result> {
  try {
    return await check()
  } catch (error) {
    await turn.giveBack()
    throw error
  }
}

async function rejectAttempt(
  auth: Auth,
  req: Request,
  { userId }: FoundLogin,
  turn: Extract<PasswordTurn, { ok: true }>,
): Promise<PasswordCheck> {
  const client = readClientInfo(req)
  await recordAuditEvent(auth.database, undefined, { event: 'sign_in_refused', at: auth.clock.now(), userId, client })
  await notifyPasswordFailures(auth, { userId, failures: turn.failures, client })
  return { ok: false, reason: 'invalid_login' }
}

async function findLogin(auth: Auth, login: string): Promise<FoundLogin> {
  if (auth.hostUsers) return auth.hostUsers.findLogin(login)
  const user = await findUser(auth, login)
  return {
    login: siteLogin(login),
    subject: user ? `user:${user.id}` : null,
    userId: user?.id ?? null,
    reject: async (password) => {
      await matchPassword(null, password)
      return null
    },
    check: async (password) => {
      const match = await matchPassword(user?.passwordHash ?? null, password)
      if (!user || match === 'no' || !user.isActive) return null
      if (match === 'as_typed') await hashAgain(auth, user, password)
      const { id, email, isStaff, authEpoch } = user
      return { id, email, isStaff, authEpoch }
    },
  }
}

/** Stores the hash of the normalised password, unless the password was changed in the meantime. */
async function hashAgain({ database }: Auth, user: KnownUser, password: string): Promise<void> {
  const sql = 'update users set password_hash = $hash where id = $id and password_hash = $old'
  const values = { hash: await hashPassword(password), id: user.id, old: user.passwordHash }
  await runStatement(database, undefined, sql, values)
}

type KnownUser = PasswordUser & { passwordHash: string | null; isActive: boolean }

async function findUser({ database }: Auth, email: string): Promise<KnownUser | undefined> {
  const [user] = await runStatement<KnownUser>(database, undefined, USER_BY_EMAIL, {
    emails: emailCandidates(email),
  })
  return user
}

const USER_BY_EMAIL = ownUserSql(
  'id, email, password_hash as "passwordHash", is_staff as "isStaff", is_active as "isActive", auth_epoch as "authEpoch"',
)

/**
 * Passwords of one login that a process checks at once. An attempt is counted as a failure until
 * it succeeds, so this stays well below the number of failures that cost no wait
 * (password-statements.ts): many correct passwords at once, or an outage during them, must
 * not make anyone wait. Hashes are computed two at a time anyway.
 */
const AT_ONCE = 4

interface Queue {
  running: number
  waiting: (() => void)[]
}

const queues = new WeakMap<Auth, Map<TypedLogin, Queue>>()

/** Waits for this login's turn. The turn ends when the response was sent or the request was aborted. */
async function queueAttempt(auth: Auth, { res }: Request, login: TypedLogin): Promise<void> {
  const ofSite = queues.get(auth) ?? new Map<TypedLogin, Queue>()
  queues.set(auth, ofSite)
  const queue = ofSite.get(login) ?? { running: 0, waiting: [] }
  ofSite.set(login, queue)
  if (queue.running < AT_ONCE) queue.running += 1
  else await new Promise<void>((resolve) => queue.waiting.push(resolve))
  const leave = once(() => {
    const next = queue.waiting.shift()
    if (next) return next()
    queue.running -= 1
    if (queue.running === 0) ofSite.delete(login)
  })
  if (!res || res.closed) return leave()
  res.once('finish', leave).once('close', leave)
}

function once(run: () => void): () => void {
  let ran = false
  return () => {
    if (ran) return
    ran = true
    run()
  }
}
