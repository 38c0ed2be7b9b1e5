import type { Request, Response } from 'express'
import { z } from 'zod'
import { isWithin } from '../../clock.js'
import { formatBackupToken, parseBackupToken, type BackupToken } from './backup-token.js'
import { type BackupTokenSet, isCurrentSet } from './generate.js'
import type { AccountServices } from '../../account/account-services.js'

/** Seconds that a new set may be on its way from the answer that made it to the page that shows it. */
const ON_ITS_WAY = 600

/**
 * Gives a new set to the page that comes next. Nothing of it is kept here: the browser
 * carries it for the length of one redirect, sealed for this session alone.
 */
export function flashTokens(account: AccountServices, req: Request, res: Response, set: BackupTokenSet): void {
  const sealed = account.keys.seal(Buffer.from(JSON.stringify(set)), placeFor(req))
  res.cookie(cookieName(account), sealed, { ...cookieOf(account), maxAge: ON_ITS_WAY * 1000 })
}

/**
 * Takes what was handed over, for showing it once; the browser forgets it with this answer.
 *
 * @returns the tokens in groups, or null where there are none, they were meant for another session, or newer ones exist
 */
export async function takeFlashedTokens(
  account: AccountServices,
  req: Request,
  res: Response,
): Promise<string[] | null> {
  const sealed = readCookie(req, cookieName(account))
  if (sealed === null || !req.user) return null
  res.clearCookie(cookieName(account), cookieOf(account))
  const set = openSet(account, req, sealed)
  if (!set || !isWithin(ON_ITS_WAY, set.madeAt, account.clock.now())) return null
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
    return setSchema.parse(JSON.parse(account.keys.open(sealed, placeFor(req)).toString()))
  } catch {
    // Of another session, of another day, or no envelope at all: nothing that a person could mend.
    return null
  }
}

const placeFor = (req: Request) => ({ column: 'shown.backup_tokens', id: req.sessionID })

const cookieName = ({ https }: AccountServices) => (https ? '__Host-otp_tokens' : 'otp_tokens')

const cookieOf = ({ https }: AccountServices) =>
  ({ httpOnly: true, sameSite: 'lax', path: '/', secure: https, encode: String }) as const

function readCookie(req: Request, name: string): string | null {
  const pairs = (req.headers.cookie ?? '').split('; ')
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null
}
