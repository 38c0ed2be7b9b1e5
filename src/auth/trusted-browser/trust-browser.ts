import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { PersistentId } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { readTrustDays } from '../policy/trust-days.js'
import {
  hashSeries,
  hashTrustToken,
  newSeries,
  newToken,
  readTrustCookie,
  type TrustToken,
  writeTrustCookie,
} from './trust-cookie.js'
import { lockOwner, readTrustingDevice, findValidTokens } from './trusted-rows.js'

interface Earned {
  user: { id: number; authEpoch: number }
  /** The device that accepted this browser's token. */
  device: PersistentId
}

const DAY_MS = 24 * 3600 * 1000

/**
 * Trusts the browser of a request: stores row, audit event and email in one transaction, then sets
 * the cookie. Replaces the browser's earlier row for this user. Does nothing if the policy or
 * the device does not allow it.
 */
export async function trustBrowser(auth: Auth, req: Request, { user, device }: Earned): Promise<void> {
  const days = await readTrustDays(auth, user.id)
  if (days === 0) return
  const before = readTrustCookie(req, auth.https)
  const trustToken: TrustToken = { series: newSeries(), token: newToken() }
  const at = auth.clock.now()
  const expiresAt = new Date(at.getTime() + days * DAY_MS)
  const kept = await auth.database.sequelize.transaction(async (transaction) => {
    if (!(await lockOwner(auth, transaction, user))) return null
    if (!(await readTrustingDevice(auth.otp, transaction, user.id, device))) return null
    const others = await replaceOwn(auth, transaction, user.id, before)
    await addRow(auth, transaction, req, { user, device }, trustToken, { at, expiresAt })
    return others
  })
  if (!kept || !req.res) return
  writeTrustCookie(req.res, [trustToken, ...kept], { https: auth.https, days })
  auth.otp.events.emitAfter('browserTrusted', { userId: user.id, at, client: readClientInfo(req), device, expiresAt })
}

async function addRow(
  auth: Auth,
  transaction: Transaction,
  req: Request,
  { user: { id: userId }, device }: Earned,
  trustToken: TrustToken,
  { at, expiresAt }: { at: Date; expiresAt: Date },
): Promise<void> {
  const client = readClientInfo(req)
  const { address, browser } = client
  const {
    series: [series],
    token: [token],
  } = hashTrustToken(auth.otp.keys, trustToken)
  const row = { userId, device, series, token, at, expiresAt, address, browser }
  await runStatement(auth.database, transaction, ADD, row)
  await recordAuditEvent(auth.database, transaction, { event: 'browser_trusted', at, userId, device, client })
  await notifyUser(auth.otp, transaction, userId, { mail: 'browser-trusted', until: expiresAt, at, address, browser })
}

/**
 * Deletes this browser's earlier rows for the same user.
 *
 * @returns the valid tokens of other users
 */
async function replaceOwn(
  auth: Auth,
  transaction: Transaction,
  userId: number,
  tokens: readonly TrustToken[],
): Promise<TrustToken[]> {
  const series = tokens.flatMap((each) => hashSeries(auth.otp.keys, each.series))
  if (series.length > 0) await runStatement(auth.database, transaction, END_OWN, { userId, series })
  return findValidTokens(auth, transaction, tokens)
}

/** Trusted browsers of one user at most. A new one replaces the one that was used longest ago. */
export const TRUSTED_BROWSERS = 50

const ADD = `
with surplus as (
  delete from trusted_browsers where id in (
    select id from trusted_browsers where user_id = $userId
    order by coalesce(last_used_at, created_at) desc, id desc offset ${TRUSTED_BROWSERS - 1}
  )
)
insert into trusted_browsers
  (user_id, device, series_hash, token_hash, rotated_at, created_at, expires_at, address, browser)
values ($userId, $device, $series, $token, $at, $at, $expiresAt, $address, $browser)`

const END_OWN = 'delete from trusted_browsers where user_id = $userId and series_hash = any($series::text[])'
