import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import type { ClientInfo } from '../../client-info.js'
import { lockNames } from '../../db/lock-names.js'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { ipNetwork, UNKNOWN_NETWORK } from '../../http/client/client-ip.js'
import { clientIp } from '../../http/client/remember-client.js'
import { notifyUserOrNobody } from '../../notify/notify-user.js'
import {
  passwordHashes,
  type PasswordLane,
  type PasswordSubject,
  type TypedLogin,
} from '../../otp/throttle/password-waits.js'
import type { Auth } from '../auth.js'
import { browserHashes, readBrowserToken, REMEMBERED_SECONDS } from '../known-browser.js'
import {
  END_ALL,
  END_ONE,
  END_OWN,
  FORGET_NONE,
  FORGOTTEN_AFTER,
  GIVE_BACK,
  MOST_FAILURES,
  TAKE,
  FREE_FAILURES,
} from './password-statements.js'

/** One password, before it is checked. */
export interface PasswordAttempt {
  /** Null if the login is unknown. */
  subject: PasswordSubject | null
  /** The account with this login. Null if the login is unknown. */
  userId: number | null
  /** The typed login. Null if the request has a session or an invitation of the user. */
  login: TypedLogin | null
}

/** An attempt that was counted as a failure before the password is checked, so that many at once cannot exceed the limit. */
export interface TakenAttempt {
  lane: PasswordLane
  /**
   * Consecutive failures of the account with this one. Null: the account has reached the end under
   * several logins, so no password is accepted. The answer must be that of an incorrect password,
   * or it would show that these logins have one account.
   */
  failures: number | null
  /** Returns the changes that clear the requester's failures, together with another statement. */
  succeeded(): AttachedStatement[]
  /** Refunds the attempt, because the password was not checked. */
  giveBack(): Promise<void>
}

export type PasswordTurn = ({ ok: true } & TakenAttempt) | { ok: false; retryAfter: number; ended: boolean }

interface TakenRow {
  known: boolean
  failures: number | null
  accountFailures: number | null
  before: number
  wait: number
}

/**
 * Counts one attempt at a password, or returns how long to wait. The waits depend only on the login
 * as it was typed, so they do not reveal whether it exists. The failures under all logins of one
 * account together have a limit.
 */
export async function takePasswordAttempt(auth: Auth, req: Request, attempt: PasswordAttempt): Promise<PasswordTurn> {
  const network = ipNetwork(clientIp(req))
  const hashes = hashesOf(auth, attempt, network)
  const row = await count(auth, req, attempt, { hashes, network })
  if (row.failures === null)
    return { ok: false, retryAfter: Math.max(1, Math.ceil(row.wait)), ended: row.before >= MOST_FAILURES }
  const lane = laneOf(attempt, row)
  const failures = lane === 'anyone' && attempt.subject ? row.accountFailures : row.failures
  const names = row.known ? [hashes.known] : [hashes.first, ...(row.accountFailures === null ? [] : [hashes.account])]
  const rows = { names, accounts: hashes.account }
  return {
    ok: true,
    lane,
    failures,
    succeeded: () => [lane === 'anyone' ? endOwn(rows, network) : endAll(rows)],
    giveBack: async () => {
      const values = { ...newest(rows), passwordNetwork: network }
      await runStatement(auth.database, undefined, GIVE_BACK, values)
      await runStatement(auth.database, undefined, FORGET_NONE, values)
    },
  }
}

/** Where the attempt is counted, each under every known key, newest first. */
interface Hashes {
  /** In the lane that needs no known browser. */
  first: string[]
  known: string[]
  /** Of the account, next to `first`; empty: that is the account itself. */
  account: string[]
  /** The account that has the login, for the login's row. */
  names: string[]
}

/** For unknown logins the same rows are written, but only one per network. */
function hashesOf({ otp: { keys } }: Auth, { subject, login }: PasswordAttempt, network: string): Hashes {
  const counted = subject ?? (`nobody:${network}` as const)
  if (login === null) {
    const inside = passwordHashes(keys, 'inside', counted)
    return { first: inside, known: inside, account: [], names: [] }
  }
  const account = passwordHashes(keys, 'anyone', counted)
  return {
    first: passwordHashes(keys, 'anyone', login),
    known: passwordHashes(keys, 'known_browser', counted),
    account,
    names: subject ? account.slice(0, 1) : [],
  }
}

interface Counted {
  hashes: Hashes
  network: string
}

/**
 * Counts the attempt. With several keys, other processes can have them in another order and count in
 * other rows, so attempts at once first wait for each other.
 */
async function count(auth: Auth, req: Request, attempt: PasswordAttempt, counted: Counted): Promise<TakenRow> {
  const { first, known, account } = counted.hashes
  if (first.length === 1) return countNow(auth, req, attempt, counted)
  return auth.database.sequelize.transaction(async (transaction) => {
    await lockNames(auth.database, transaction, [...first, ...known, ...account])
    return countNow(auth, req, attempt, counted, transaction)
  })
}

async function countNow(
  auth: Auth,
  req: Request,
  attempt: PasswordAttempt,
  { hashes, network }: Counted,
  transaction?: Transaction,
): Promise<TakenRow> {
  const { first, known, account, names } = hashes
  const now = auth.clock.now()
  const token = attempt.login === null ? null : readBrowserToken(auth, req)
  const userId = attempt.userId ?? 0
  const [row] = await runStatement<TakenRow>(auth.database, transaction, TAKE, {
    now,
    userId,
    network,
    anyone: first[0],
    anyoneOlder: first.slice(1),
    known: known[0],
    knownOlder: known.slice(1),
    names,
    account: account[0] ?? null,
    accountOlder: account.slice(1),
    browsers: token ? browserHashes(auth, userId, token) : [],
    browserSince: secondsBefore(now, REMEMBERED_SECONDS),
    forgotten: secondsBefore(now, FORGOTTEN_AFTER),
  })
  if (!row) throw new Error('The database returned no row for a password attempt.')
  return row
}

function laneOf({ login }: PasswordAttempt, { known }: TakenRow): PasswordLane {
  if (login === null) return 'inside'
  return known ? 'known_browser' : 'anyone'
}

function secondsBefore(now: Date, seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000)
}

/** The rows of an attempt. */
interface Rows {
  /** Each row's hashes under every known key, newest first. */
  names: string[][]
  /** The hashes of the account, whose row is locked last. */
  accounts: string[]
}

const newest = ({ names, accounts }: Rows) => ({
  passwordHashes: names.flatMap(([hash = '']) => hash),
  passwordAccounts: accounts,
})

const underEveryKey = ({ names, accounts }: Rows) => ({ passwordHashes: names.flat(), passwordAccounts: accounts })

/** For anonymous requesters a success clears only failures from the same network, so that others get no new attempts. */
function endOwn(rows: Rows, network: string): AttachedStatement {
  if (network === UNKNOWN_NETWORK) return { sql: END_ONE, values: newest(rows) }
  return { sql: END_OWN, values: { ...underEveryKey(rows), passwordNetwork: network } }
}

/** In the other lanes all requesters have proved more than a login. */
const endAll = (rows: Rows): AttachedStatement => ({ sql: END_ALL, values: underEveryKey(rows) })

/**
 * Notifies the user when waits begin, and when the password is no longer accepted: once each,
 * even if more attempts follow. For an unknown login the same statements run.
 */
export async function notifyPasswordFailures(
  auth: Auth,
  { userId, failures, client }: { userId: number | null; failures: number | null; client: ClientInfo },
): Promise<void> {
  const mail = mailFor(failures)
  if (!mail) return
  const { address, browser } = client
  await auth.database.sequelize.transaction((transaction) =>
    notifyUserOrNobody(auth.otp, transaction, userId, { mail, at: auth.clock.now(), address, browser }),
  )
}

function mailFor(failures: number | null): 'password-failed' | 'password-locked' | null {
  if (failures === FREE_FAILURES) return 'password-failed'
  return failures === MOST_FAILURES ? 'password-locked' : null
}
