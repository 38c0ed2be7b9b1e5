import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'
import { type Change, runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Auth } from '../auth.js'
import { browserCookieName, browserHashes, readBrowserToken, REMEMBERED_SECONDS } from './known-browser.js'

/**
 * Tells somebody by mail of a sign-in from a browser that this account was not used in
 * before. The first one of all is no news. The browser is known by a random cookie that
 * opens nothing; only its keyed hash is stored, another one for each user.
 *
 * @param options.told the sign-in has been told of already, with its browser
 * @param options.verified a device accepted a token, so that its wrong codes are counted apart (known-browser.ts)
 * @param options.changes what else is to be written about it, in the same statement
 */
export async function recogniseBrowser(
  auth: Auth,
  req: Request,
  userId: number,
  { told, verified, changes = [] }: { told: boolean; verified: boolean; changes?: readonly Change[] },
): Promise<void> {
  const token = readBrowserToken(auth, req) ?? randomBytes(32).toString('base64url')
  const [hash = '', ...older] = browserHashes(auth, userId, token)
  const now = auth.clock.now()
  const before = new Date(now.getTime() - REMEMBERED_SECONDS * 1000)
  const verifiedAt = verified ? now : null
  const values = { userId, hash, older, now, before, verifiedAt }
  const known = await runStatement(auth.database, undefined, KNOWN, values, changes)
  if (known.length === 0) await addBrowser(auth, req, userId, { hash, told, verifiedAt })
  if (req.res) setToken(auth, req.res, token)
}

/** In one commit with the mail, so that neither is lost. */
async function addBrowser(
  auth: Auth,
  req: Request,
  userId: number,
  { hash, told, verifiedAt }: { hash: string; told: boolean; verifiedAt: Date | null },
): Promise<void> {
  const { address, browser } = describeOrigin(req)
  const at = auth.clock.now()
  const services = { database: auth.database, keys: auth.otp.keys, baseUrl: auth.baseUrl }
  await auth.database.sequelize.transaction(async (transaction) => {
    const added = await runStatement(auth.database, transaction, ADD, { userId, hash, at, verifiedAt })
    if (added.length === 0 || told) return
    await tellUser(services, transaction, userId, { mail: 'new-browser', at, address, browser })
  })
}

function setToken(auth: Auth, res: Response, token: string): void {
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: auth.https } as const
  res.cookie(browserCookieName(auth), token, { ...cookie, maxAge: REMEMBERED_SECONDS * 1000 })
}

// A row: this browser is known, or it is the first one. Each part sees the table as it was before.
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

/** So many browsers of one person are remembered. */
export const KNOWN_BROWSERS = 50

// The oldest make room, those with the password alone first: someone who has only the password must not push the
// owner's browsers out of their lane.
const ADD = `
with surplus as (
  select id from known_browsers where user_id = $userId
  order by verified_at is not null desc, seen_at desc, id desc offset ${KNOWN_BROWSERS - 1}
), locked as (
  select id from known_browsers where id in (select id from surplus) for update skip locked
), removed as (delete from known_browsers where id in (select id from locked))
insert into known_browsers (user_id, token_hash, seen_at, verified_at) values ($userId, $hash, $at, $verifiedAt)
on conflict (token_hash) do nothing returning id`
