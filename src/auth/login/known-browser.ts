import type { Request } from 'express'
import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'

/** Browsers keep a cookie for 400 days at most (RFC 6265bis §5.5), from one sign-in to the next. */
export const REMEMBERED_SECONDS = 400 * 24 * 3600

const TOKEN = /^[\w-]{43}$/

export const browserCookieName = ({ https }: Pick<Auth, 'https'>) => (https ? '__Host-otp_browser' : 'otp_browser')

/** What a browser is known by: a random value that opens nothing. Null: it has none. */
export function readBrowserToken(auth: Pick<Auth, 'https'>, req: Request): string | null {
  const name = browserCookieName(auth)
  const pair = (req.headers.cookie ?? '').split('; ').find((each) => each.startsWith(`${name}=`))
  const token = pair?.slice(name.length + 1) ?? ''
  return TOKEN.test(token) ? token : null
}

/** Only this is stored, under every known key, newest first. It differs for each person. */
export function browserHashes({ otp }: Pick<Auth, 'otp'>, userId: number, token: string): string[] {
  return otp.keys.hashes('known_browsers', `${userId}:${token}`)
}

/**
 * SQL of whether the person `users.id` has signed in with a second factor in this browser
 * before. With the password alone anyone who has it could make a browser known.
 */
export const IS_KNOWN_BROWSER = `exists (select from known_browsers b where b.user_id = users.id
  and b.token_hash = any($browserHashes::text[]) and b.verified_at is not null and b.seen_at >= $browserSince)`

/** Its parameters. */
export function browserValues(auth: Auth, req: Request, userId: number) {
  const token = readBrowserToken(auth, req)
  const browserSince = new Date(auth.clock.now().getTime() - REMEMBERED_SECONDS * 1000)
  return { browserHashes: token ? browserHashes(auth, userId, token) : [], browserSince }
}

/** The same on its own. Costs a statement only if the browser has such a cookie. */
export async function isKnownBrowser(auth: Auth, req: Request, userId: number): Promise<boolean> {
  const values = browserValues(auth, req, userId)
  if (values.browserHashes.length === 0) return false
  const sql = `select from users where id = $userId and ${IS_KNOWN_BROWSER}`
  return (await runStatement(auth.database, undefined, sql, { userId, ...values })).length > 0
}

/** How a browser came to be known. */
export type KnownBy = 'password' | 'second_factor'

/**
 * Whether a person has signed in in this browser before, and with what. A browser without the
 * cookie costs no statement. With one, a login that nobody has takes the same statements.
 *
 * @param findUser the person that the form names; 0: nobody
 * @returns null where the browser is not known for this person
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
