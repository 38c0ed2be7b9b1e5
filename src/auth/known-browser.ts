import type { Request } from 'express'
import { runStatement } from '../db/run-statement.js'
import type { Auth } from './auth.js'

/** Browsers store a cookie for at most 400 days (RFC 6265bis §5.5). Each sign-in starts them again. */
export const REMEMBERED_SECONDS = 400 * 24 * 3600

const TOKEN = /^[\w-]{43}$/

export const browserCookieName = ({ https }: Pick<Auth, 'https'>) => (https ? '__Host-otp_browser' : 'otp_browser')

/** Reads the random value that identifies a browser. It gives no access. Null if there is none. */
export function readBrowserToken(auth: Pick<Auth, 'https'>, req: Request): string | null {
  const name = browserCookieName(auth)
  const pair = (req.headers.cookie ?? '').split('; ').find((each) => each.startsWith(`${name}=`))
  const token = pair?.slice(name.length + 1) ?? ''
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
