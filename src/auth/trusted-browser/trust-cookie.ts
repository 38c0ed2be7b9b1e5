import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'
import type { Keyring } from '../../crypto/keyring.js'
import { readCookie } from '../../http/read-cookie.js'

/**
 * The random values that a browser stores for one user. The series stays the same while the browser
 * is trusted. The token changes with each use, so that a copied one is recognised.
 */
export interface TrustToken {
  series: string
  token: string
}

/** Users who can trust one browser. With more, the oldest token is dropped. The cookie stays below 400 bytes. */
const MAX_PEOPLE = 5

const SERIES_BYTES = 16
const TOKEN_BYTES = 32

/** `series.token`, both in Base64url. */
const TRUST_TOKEN = /^([\w-]{22})\.([\w-]{43})$/
const SEPARATOR = '~'

export const newSeries = () => randomBytes(SERIES_BYTES).toString('base64url')
export const newToken = () => randomBytes(TOKEN_BYTES).toString('base64url')

/** Whether the request has the cookie, with any content. */
export function hasTrustCookie(req: Request, https: boolean): boolean {
  return readCookie(req, cookieName(https)) !== null
}

/** Reads the tokens in a request's cookie, newest first. Skips parts in another format. */
export function readTrustCookie(req: Request, https: boolean): TrustToken[] {
  const parts = (readCookie(req, cookieName(https)) ?? '').split(SEPARATOR, MAX_PEOPLE)
  return parts.flatMap((part) => {
    const [, series, token] = TRUST_TOKEN.exec(part) ?? []
    return series !== undefined && token !== undefined ? [{ series, token }] : []
  })
}

/**
 * Sets the cookie, newest token first. Without tokens the cookie is cleared.
 *
 * @param options.days lifetime of the cookie
 */
export function writeTrustCookie(
  res: Response,
  tokens: readonly TrustToken[],
  { https, days }: { https: boolean; days: number },
): void {
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const
  if (tokens.length === 0) return void res.clearCookie(cookieName(https), cookie)
  const value = tokens.slice(0, MAX_PEOPLE).map(({ series, token }) => `${series}.${token}`)
  res.cookie(cookieName(https), value.join(SEPARATOR), { ...cookie, maxAge: days * DAY_MS })
}

const DAY_MS = 24 * 3600 * 1000

const cookieName = (https: boolean) => (https ? '__Host-otp_trusted' : 'otp_trusted')

/** Hashes under every known key, newest first, so that rows written with an older key are still found. */
interface TrustTokenHashes {
  series: string[]
  token: string[]
}

/** Hashes a browser's values. Only the hashes are stored. */
export function hashTrustToken(keys: Keyring, { series, token }: TrustToken): TrustTokenHashes {
  return { series: hashSeries(keys, series), token: keys.hashes('trusted_browsers.token', token) }
}

export function hashSeries(keys: Keyring, series: string): string[] {
  return keys.hashes('trusted_browsers.series', series)
}
