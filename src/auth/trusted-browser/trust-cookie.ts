import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'

/**
 * What a browser keeps for one person: random bytes, and nothing else. The series stays as
 * long as the trust does, and the token changes at each use, so that a token that was used
 * before is known again as what it is.
 */
export interface TrustToken {
  series: string
  token: string
}

/** So many people may trust one browser; of more the oldest goes. Keeps the cookie below 400 bytes. */
const MAX_PEOPLE = 5

const SERIES_BYTES = 16
const TOKEN_BYTES = 32

/** `series.token`, both base64url. */
const TRUST_TOKEN = /^([\w-]{22})\.([\w-]{43})$/
const SEPARATOR = '~'

export const newSeries = () => randomBytes(SERIES_BYTES).toString('base64url')
export const newToken = () => randomBytes(TOKEN_BYTES).toString('base64url')

/** Whether the request has the cookie at all, whatever is in it. */
export function hasTrustCookie(req: Request, https: boolean): boolean {
  return readCookie(req, https) !== null
}

/** What is in the cookie of a request, newest first. What we never wrote is passed over. */
export function readTrustCookie(req: Request, https: boolean): TrustToken[] {
  const parts = (readCookie(req, https) ?? '').split(SEPARATOR, MAX_PEOPLE)
  return parts.flatMap((part) => {
    const [, series, token] = TRUST_TOKEN.exec(part) ?? []
    return series !== undefined && token !== undefined ? [{ series, token }] : []
  })
}

/** Writes the cookie, newest first; without any token it is taken away. @param days until the browser may forget it */
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

function readCookie(req: Request, https: boolean): string | null {
  const start = `${cookieName(https)}=`
  const pair = (req.headers.cookie ?? '').split(/; */).find((each) => each.startsWith(start))
  return pair === undefined ? null : pair.slice(start.length)
}
