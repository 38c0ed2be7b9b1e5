import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/read-client-info.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { Auth } from '../auth.js'
import { browserCookieName, browserHashes, readBrowserToken, REMEMBERED_SECONDS } from '../known-browser.js'

/**
 * Notifies a user of a sign-in from a new browser by email, except for the account's first one.
 * A random cookie identifies the browser and gives no access. Only its keyed hash is stored, a
 * different one for each user.
 *
 * @param options.notified whether another email about this sign-in names the browser already
 * @param options.verified whether a device accepted a token; wrong codes of this browser are then counted separately
 * @param options.changes further changes to make in the same statement
 */
export async function notifyIfNewBrowser(
  auth: Auth,
  req: Request,
  userId: number,
  {
    notified,
    verified,
    changes = [],
  }: { notified: boolean; verified: boolean; changes?: readonly AttachedStatement[] },
): Promise<void> {
  const token = readBrowserToken(auth, req) ?? randomBytes(32).toString('base64url')
  const [hash = '', ...older] = browserHashes(auth, userId, token)
  const now = auth.clock.now()
  const before = new Date(now.getTime() - REMEMBERED_SECONDS * 1000)
  const verifiedAt = verified ? now : null
  const values = { userId, hash, older, now, before, verifiedAt }
  const known = await runStatement(auth.database, undefined, KNOWN, values, changes)
  if (known.length === 0) await addBrowser(auth, req, userId, { hash, notified, verifiedAt })
  if (req.res) setToken(auth, req.res, token)
}

/** Adds a browser in one transaction with the email, so that neither is lost. */
async function addBrowser(
  auth: Auth,
  req: Request,
  userId: number,
  { hash, notified, verifiedAt }: { hash: string; notified: boolean; verifiedAt: Date | null },
): Promise<void> {
  const { address, browser } = readClientInfo(req)
  const at = auth.clock.now()
  await auth.database.sequelize.transaction(async (transaction) => {
    const added = await runStatement(auth.database, transaction, ADD, { userId, hash, at, verifiedAt })
    if (added.length === 0 || notified) return
    await notifyUser(auth.otp, transaction, userId, { mail: 'new-browser', at, address, browser })
  })
}

function setToken(auth: Auth, res: Response, token: string): void {
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: auth.https } as const
  res.cookie(browserCookieName(auth), token, { ...cookie, maxAge: REMEMBERED_SECONDS * 1000 })
}

// Returns a row if this browser is known or the first one. Each part sees the table as it was before.
const KNOWN = `
with forgotten as (delete from known_browsers where user_id = $userId and seen_at < $before),
seen as (
  update known_browsers set seen_at = $now, verified_at = coalesce($verifiedAt, verified_at)
  where user_id = $userId and token_hash = any(array_append($older::text[], $hash)) and seen_at >= $before returning id
), first as (
  insert into known_browsers (user_id, token_hash, seen_at, verified_at)
  select $userId, $hash, $now, $verifiedAt::timestamptz where not exists (select from known_browsers where user_id = $userId)
  on conflict (token_hash) do nothing returning id
)
select id from seen union all select id from first`

/** Browsers that are stored for each user. */
export const KNOWN_BROWSERS = 50

// Removes the oldest ones, first those that passed only the password: someone who knows only the password must
// not displace the user's own browsers.
const ADD = `
with surplus as (
  select id from known_browsers where user_id = $userId
  order by verified_at is not null desc, seen_at desc, id desc offset ${KNOWN_BROWSERS - 1}
), locked as (
  select id from known_browsers where id in (select id from surplus) for update skip locked
), removed as (delete from known_browsers where id in (select id from locked))
insert into known_browsers (user_id, token_hash, seen_at, verified_at) values ($userId, $hash, $at, $verifiedAt)
on conflict (token_hash) do nothing returning id`
