import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import { recordEvent } from '../../audit.js'
import { runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Auth } from '../auth.js'
import type { PassedFactor } from '../session.js'
import { hashTrust } from './hash-trust.js'
import { judgeTrust } from './judge-trust.js'
import { lockOwner } from './lock-owner.js'
import { readTrustDays } from './read-trust-days.js'
import { readDevice, type TrustingDevice } from './read-device.js'
import { revokeTrust } from './revoke-trust.js'
import { standingTokens } from './standing-tokens.js'
import { hasTrustCookie, newToken, readTrustCookie, type TrustToken, writeTrustCookie } from './trust-cookie.js'

/** Whose password was right a moment ago. */
interface Person {
  id: number
  authEpoch: number
}

/** What became of the cookie: the tokens it holds from now on, or null where it stays as it is. */
interface Outcome {
  factor: PassedFactor | null
  cookie: TrustToken[] | null
}

interface TrustRow {
  id: number
  device: string
  tokenHash: string
  rotatedAt: Date
  createdAt: Date
  expiresAt: Date
}

/** The row that the cookie names, and what was given for it. */
interface Found {
  row: TrustRow
  given: TrustToken
}

/**
 * The password step's question: does this browser answer for the device? If so its token is
 * changed in the same transaction, and the old one fails from then on. Whatever else is
 * in the cookie leads to the token step; no failure is counted for it, so that nobody is
 * locked out by a stranger's cookie.
 *
 * @returns what the session has passed by it; null: ask for a token
 */
export async function useTrustedBrowser(auth: Auth, req: Request, user: Person): Promise<PassedFactor | null> {
  if (!hasTrustCookie(req, auth.https)) return null
  const days = await readTrustDays(auth, user.id)
  if (days === 0) return null
  const tokens = readTrustCookie(req, auth.https)
  const { factor, cookie } = await auth.database.sequelize.transaction((transaction) =>
    askBrowser(auth, transaction, req, { user, tokens, days }),
  )
  if (cookie && req.res) writeTrustCookie(req.res, cookie, { https: auth.https, days })
  return factor
}

interface Asked {
  user: Person
  tokens: readonly TrustToken[]
  days: number
}

const unchanged: Outcome = { factor: null, cookie: null }

async function askBrowser(auth: Auth, transaction: Transaction, req: Request, asked: Asked): Promise<Outcome> {
  const { user, tokens, days } = asked
  if (!(await lockOwner(auth, transaction, user))) return unchanged
  const found = await findOwn(auth, transaction, user.id, tokens)
  const others = await standingTokens(
    auth,
    transaction,
    tokens.filter((each) => each !== found?.given),
  )
  if (!found) return { factor: null, cookie: others }
  const isRight = hashTrust(auth.otp.keys, found.given).token.includes(found.row.tokenHash)
  switch (judgeTrust({ ...found.row, isRight, days }, auth.clock.now())) {
    case 'just_changed':
      return unchanged
    case 'expired':
      return { factor: null, cookie: others }
    case 'old_token':
      await revokeCopied(auth, transaction, req, user.id, found.row.id)
      return { factor: null, cookie: others }
    case 'good':
      return answer(auth, transaction, req, { ...asked, ...found, others })
  }
}

/**
 * Lets the browser answer for its device, as long as that one is active. Wrong codes elsewhere
 * do not matter: the series and the token are random values of 128 and 256 bits, and a series
 * with a wrong token ends.
 */
async function answer(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  { user, row, given, others }: Asked & Found & { others: TrustToken[] },
): Promise<Outcome> {
  const device = await readDevice(auth.otp, transaction, user.id, row.device)
  if (!device) return { factor: null, cookie: others }
  const now = auth.clock.now()
  const changed = await changeToken(auth, transaction, req, user.id, row, given)
  return { factor: factorOf(row, device, now), cookie: [changed, ...others] }
}

function factorOf(row: TrustRow, { kind, persistentId }: TrustingDevice, now: Date): PassedFactor {
  return { kind, device: persistentId, at: now.getTime(), how: 'trusted_browser', trustedBrowser: row.id }
}

/** The row of this person's that the cookie names, locked, and what was given for it. */
async function findOwn(
  auth: Auth,
  transaction: Transaction,
  userId: number,
  tokens: readonly TrustToken[],
): Promise<Found | null> {
  for (const given of tokens) {
    const { series } = hashTrust(auth.otp.keys, given)
    const [row] = await runStatement<TrustRow>(auth.database, transaction, FIND, { userId, series })
    if (row) return { row, given }
  }
  return null
}

/** Gives the browser another token. Nothing else of the row changes: trust is not prolonged by use. */
async function changeToken(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  userId: number,
  { id, device }: TrustRow,
  { series }: TrustToken,
): Promise<TrustToken> {
  const given = { series, token: newToken() }
  const hashes = hashTrust(auth.otp.keys, given)
  const at = auth.clock.now()
  const origin = describeOrigin(req)
  const { address, browser } = origin
  const row = { id, series: hashes.series[0], token: hashes.token[0], at, address, browser }
  await runStatement(auth.database, transaction, CHANGE, row)
  await recordEvent(auth.database, transaction, { event: 'trusted_browser_used', at, userId, device, origin })
  return given
}

/** Ends what two browsers seem to have, and tells the owner. */
async function revokeCopied(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  userId: number,
  id: number,
): Promise<void> {
  const origin = describeOrigin(req)
  await revokeTrust(auth, transaction, { userId, id, actorId: null, because: 'old_token', origin })
  const { address, browser } = origin
  const services = { database: auth.database, keys: auth.otp.keys, baseUrl: auth.baseUrl }
  const notice = { mail: 'trusted-browser-copied', at: auth.clock.now(), address, browser } as const
  await tellUser(services, transaction, userId, notice)
}

const FIND = `
select id, device, token_hash as "tokenHash", rotated_at as "rotatedAt", created_at as "createdAt",
  expires_at as "expiresAt"
from trusted_browsers where user_id = $userId and series_hash = any($series::text[]) for update`

// The series is hashed again, so that an older key can be put away once every browser has come by.
const CHANGE = `
update trusted_browsers
set series_hash = $series, token_hash = $token, rotated_at = $at, last_used_at = $at, address = $address, browser = $browser
where id = $id`
