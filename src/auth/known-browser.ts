import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'
import { runStatement, type AttachedStatement } from '../db/run-statement.js'
import { readClientInfo } from '../http/client/read-client-info.js'
import { readCookie } from '../http/read-cookie.js'
import { notifyUser } from '../notify/notify-user.js'
import type { Auth } from './auth.js'

/** Browsers store a cookie for at most 400 days (RFC 6265bis §5.5). Each sign-in starts them again. */
export const REMEMBERED_SECONDS = 400 * 24 * 3600

const TOKEN = /^[\w-]{43}$/

export const browserCookieName = ({ https }: Pick<Auth, 'https'>) => (https ? '__Host-otp_browser' : 'otp_browser')

/** Reads the random value that identifies a browser. It gives no access. Null if there is none. */
export function readBrowserToken(auth: Pick<Auth, 'https'>, req: Request): string | null {
  const token = readCookie(req, browserCookieName(auth)) ?? ''
  return TOKEN.test(token) ? token : null
}

/** Hashes a browser's value for one user, with every known key, newest first. Only the hash is stored. */
export function browserHashes({ otp }: Pick<Auth, 'otp'>, userId: number, token: string): string[] {
  return otp.keys.hashes('known_browsers', `${userId}:${token}`)
}

/**
 * SQL for whether the user `users.id` has signed in with a second factor in this browser before.
 * A sign-in with the password alone is not enough, because an attacker may know it.
 */
export const IS_KNOWN_BROWSER = `exists (select from known_browsers b where b.user_id = users.id
  and b.token_hash = any($browserHashes::text[]) and b.verified_at is not null and b.seen_at >= $browserSince)`

/** Returns the parameters of {@link IS_KNOWN_BROWSER}. */
export function browserValues(auth: Auth, req: Request, userId: number) {
  const token = readBrowserToken(auth, req)
  const browserSince = new Date(auth.clock.now().getTime() - REMEMBERED_SECONDS * 1000)
  return { browserHashes: token ? browserHashes(auth, userId, token) : [], browserSince }
}

/** Whether a user has signed in with a second factor in this browser before. Without the cookie there is no query. */
export async function isKnownBrowser(auth: Auth, req: Request, userId: number): Promise<boolean> {
  const values = browserValues(auth, req, userId)
  if (values.browserHashes.length === 0) return false
  const sql = `select from users where id = $userId and ${IS_KNOWN_BROWSER}`
  return (await runStatement(auth.database, undefined, sql, { userId, ...values })).length > 0
}

/** How a browser came to be known. */
export type KnownBy = 'password' | 'second_factor'

/**
 * Finds whether a user has signed in in this browser before, and how. Without the cookie there is
 * no query. With it, an unknown login takes the same statements.
 *
 * @param findUser looks up the submitted login; 0 if it is unknown
 * @returns null if the browser is not known for this user
 */
export async function findKnownBrowser(
  auth: Auth,
  req: Request,
  findUser: () => Promise<number>,
): Promise<{ userId: number; by: KnownBy } | null> {
  if (!readBrowserToken(auth, req)) return null
  const userId = await findUser()
  const values = { userId, ...browserValues(auth, req, userId) }
  const [browser] = await runStatement<{ verified: boolean }>(auth.database, undefined, KNOWN_BROWSER, values)
  return browser ? { userId, by: browser.verified ? 'second_factor' : 'password' } : null
}

const KNOWN_BROWSER = `select verified_at is not null as verified from known_browsers
where user_id = $userId::int and token_hash = any($browserHashes::text[]) and seen_at >= $browserSince
order by 1 desc limit 1`

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
