import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { Auth } from '../auth.js'
import type { PassedFactor } from '../session/session.js'
import { readTrustDays } from '../policy/trust-days.js'
import { evaluateTrust } from './evaluate-trust.js'
import { revokeTrustedBrowsers } from './revoke-trusted-browsers.js'
import {
  hashTrustToken,
  hasTrustCookie,
  newToken,
  readTrustCookie,
  type TrustToken,
  writeTrustCookie,
} from './trust-cookie.js'
import { lockOwner, readTrustingDevice, type TrustingDevice, findValidTokens } from './trusted-rows.js'

/** The user whose password was correct. */
interface Person {
  id: number
  authEpoch: number
}

/** The result: the passed factor, and the cookie's new tokens (null: the cookie stays the same). */
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

/** The row that the cookie names, and the submitted token. */
interface Found {
  row: TrustRow
  submitted: TrustToken
}

/**
 * Checks, after the password, whether this browser is trusted. If so, its token is replaced in the
 * same transaction, and the old one is no longer accepted. With any other cookie the user has to
 * enter a token. No failure is counted for it, so that a forged cookie locks nobody out.
 *
 * @returns the passed factor, or null if the user has to enter a token
 */
export async function checkTrustedBrowser(auth: Auth, req: Request, user: Person): Promise<PassedFactor | null> {
  if (!hasTrustCookie(req, auth.https)) return null
  const days = await readTrustDays(auth, user.id)
  if (days === 0) return null
  const tokens = readTrustCookie(req, auth.https)
  const { factor, cookie } = await auth.database.sequelize.transaction((transaction) =>
    checkBrowser(auth, transaction, req, { user, tokens, days }),
  )
  if (cookie && req.res) writeTrustCookie(req.res, cookie, { https: auth.https, days })
  return factor
}

interface TrustRequest {
  user: Person
  tokens: readonly TrustToken[]
  days: number
}

const unchanged: Outcome = { factor: null, cookie: null }

async function checkBrowser(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  request: TrustRequest,
): Promise<Outcome> {
  const { user, tokens, days } = request
  if (!(await lockOwner(auth, transaction, user))) return unchanged
  const found = await findOwn(auth, transaction, user.id, tokens)
  const others = await findValidTokens(
    auth,
    transaction,
    tokens.filter((each) => each !== found?.submitted),
  )
  if (!found) return { factor: null, cookie: others }
  const isRight = hashTrustToken(auth.otp.keys, found.submitted).token.includes(found.row.tokenHash)
  switch (evaluateTrust({ ...found.row, isRight, days }, auth.clock.now())) {
    case 'just_changed':
      return unchanged
    case 'expired':
      return { factor: null, cookie: others }
    case 'old_token':
      await revokeCopied(auth, transaction, req, user.id, found.row.id)
      return { factor: null, cookie: others }
    case 'good':
      return acceptBrowser(auth, transaction, req, { ...request, ...found, others })
  }
}

/**
 * Accepts the browser instead of its device, if that is still active. Failed attempts elsewhere
 * do not matter: the series and the token are random values of 128 and 256 bits, and a series
 * with a wrong token is revoked.
 */
async function acceptBrowser(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  { user, row, submitted, others }: TrustRequest & Found & { others: TrustToken[] },
): Promise<Outcome> {
  const device = await readTrustingDevice(auth.otp, transaction, user.id, row.device)
  if (!device) return { factor: null, cookie: others }
  const now = auth.clock.now()
  const changed = await changeToken(auth, transaction, req, user.id, row, submitted)
  return { factor: factorOf(row, device, now), cookie: [changed, ...others] }
}

function factorOf(row: TrustRow, { kind, persistentId }: TrustingDevice, now: Date): PassedFactor {
  return { kind, device: persistentId, at: now.getTime(), how: 'trusted_browser', trustedBrowser: row.id }
}

/** Finds and locks this user's row that the cookie names. */
async function findOwn(
  auth: Auth,
  transaction: Transaction,
  userId: number,
  tokens: readonly TrustToken[],
): Promise<Found | null> {
  for (const submitted of tokens) {
    const { series } = hashTrustToken(auth.otp.keys, submitted)
    const [row] = await runStatement<TrustRow>(auth.database, transaction, FIND, { userId, series })
    if (row) return { row, submitted }
  }
  return null
}

/** Gives the browser a new token. The expiry does not change: using a trusted browser does not extend it. */
async function changeToken(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  userId: number,
  { id, device }: TrustRow,
  { series }: TrustToken,
): Promise<TrustToken> {
  const replacement = { series, token: newToken() }
  const hashes = hashTrustToken(auth.otp.keys, replacement)
  const at = auth.clock.now()
  const client = readClientInfo(req)
  const { address, browser } = client
  const row = { id, series: hashes.series[0], token: hashes.token[0], at, address, browser }
  await runStatement(auth.database, transaction, CHANGE, row)
  await recordAuditEvent(auth.database, transaction, { event: 'trusted_browser_used', at, userId, device, client })
  return replacement
}

/** Revokes a row whose cookie was copied, and notifies the user. */
async function revokeCopied(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  userId: number,
  id: number,
): Promise<void> {
  const client = readClientInfo(req)
  await revokeTrustedBrowsers(auth, transaction, { userId, id, actorId: null, because: 'old_token', client })
  const { address, browser } = client
  const notice = { mail: 'trusted-browser-copied', at: auth.clock.now(), address, browser } as const
  await notifyUser(auth.otp, transaction, userId, notice)
}

const FIND = `
select id, device, token_hash as "tokenHash", rotated_at as "rotatedAt", created_at as "createdAt",
  expires_at as "expiresAt"
from trusted_browsers where user_id = $userId and series_hash = any($series::text[]) for update`

// The series is hashed again, so that an older key can be removed once every browser has been used.
const CHANGE = `
update trusted_browsers
set series_hash = $series, token_hash = $token, rotated_at = $at, last_used_at = $at, address = $address, browser = $browser
where id = $id`
