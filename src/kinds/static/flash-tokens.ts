import type { Request, Response } from 'express'
import { z } from 'zod'
import type { AccountServices } from '../../account/account-services.js'
import { isWithin } from '../../clock.js'
import { readCookie } from '../../http/read-cookie.js'
import { formatBackupToken, parseBackupToken, type BackupToken } from './backup-token.js'
import { type BackupTokenSet, isCurrentSet } from './generate.js'

/** Seconds between the response that generated a set and the page that shows it. */
const MAX_AGE_SECONDS = 600

/**
 * Passes a new set to the next page. The server does not store it: the browser carries it for one
 * redirect, sealed for this session.
 */
export function flashTokens(account: AccountServices, req: Request, res: Response, set: BackupTokenSet): void {
  const sealed = account.keys.seal(Buffer.from(JSON.stringify(set)), sealContext(req))
  res.cookie(cookieName(account), sealed, { ...cookieOptions(account), maxAge: MAX_AGE_SECONDS * 1000 })
}

/**
 * Takes the set from the browser to show it once. The response deletes the cookie.
 *
 * @returns the formatted tokens, or null if there are none, they belong to another session, or newer ones exist
 */
export async function takeFlashedTokens(
  account: AccountServices,
  req: Request,
  res: Response,
): Promise<string[] | null> {
  const sealed = readCookie(req, cookieName(account))
  if (sealed === null || !req.user) return null
  res.clearCookie(cookieName(account), cookieOptions(account))
  const set = openSet(account, req, sealed)
  if (!set || !isWithin(MAX_AGE_SECONDS, set.madeAt, account.clock.now())) return null
  return (await isCurrentSet(account.otp, req.user.id, set)) ? set.tokens.map(formatBackupToken) : null
}

const setSchema = z.object({
  tokens: z.array(
    z
      .string()
      .transform(parseBackupToken)
      .pipe(z.custom<BackupToken>((token) => token !== null)),
  ),
  madeAt: z.coerce.date(),
})

function openSet(account: AccountServices, req: Request, sealed: string): BackupTokenSet | null {
  try {
    return setSchema.parse(JSON.parse(account.keys.open(sealed, sealContext(req)).toString()))
  } catch {
    // From another session, sealed with a key that is gone, or not a sealed value at all.
    return null
  }
}

const sealContext = (req: Request) => ({ column: 'shown.backup_tokens', id: req.sessionID })

const cookieName = ({ https }: AccountServices) => (https ? '__Host-otp_tokens' : 'otp_tokens')

const cookieOptions = ({ https }: AccountServices) =>
  ({ httpOnly: true, sameSite: 'lax', path: '/', secure: https, encode: String }) as const
