import type { Request, RequestHandler } from 'express'
import { z } from 'zod'
import { speak } from '../http/choose-language.js'
import { parsePersistentId, persistentId } from '../otp/persistent-id.js'
import { runStatement } from '../db/run-statement.js'
import type { Auth } from './auth.js'
import type { RequestUser } from './request-user.js'

/** However busy: NIST SP 800-63B-4 §2.2.3 wants an end within 24 hours. */
const SESSION_MS = 24 * 3600 * 1000

/**
 * Sets `req.user` from the session and the database, afresh for every request and in one
 * query, and the language where that user chose one. A user who is inactive or whose epoch
 * has moved on is nobody; a device that is gone or switched off verifies no longer. What
 * does not hold is taken out of the session.
 */
export function loadRequestUser(auth: Auth): RequestHandler {
  return async (req, _res, next) => {
    if (req.session.userId === undefined) return next()
    const row = await readUser(auth, req.session.userId, req.session.device)
    const tooOld = auth.clock.now().getTime() - (req.session.signedInAt ?? 0) > SESSION_MS
    if (!row || tooOld || row.auth_epoch !== req.session.epoch) return forgetSession(req, next)
    if (req.session.device && !row.device_stands) forgetVerification(req)
    req.user = toRequestUser(row, req)
    speak(req, row.locale)
    next()
  }
}

const userRow = z.object({
  id: z.number(),
  email: z.string(),
  name: z.string(),
  is_staff: z.boolean(),
  is_superuser: z.boolean(),
  auth_epoch: z.number(),
  locale: z.string().nullable(),
  device_stands: z.boolean(),
})

type UserRow = z.infer<typeof userRow>

async function readUser(auth: Auth, userId: number, device: string | undefined): Promise<UserRow | null> {
  const named = device === undefined ? null : parsePersistentId(device)
  const kind = auth.otp.kinds.find((candidate) => candidate.name === named?.kind)
  const stands = kind
    ? `exists (select from ${kind.table} d where d.id = $deviceId and d.user_id = u.id and d.confirmed)`
    : '$deviceId::int is not null and false'
  const [row] = await runStatement(
    auth.database,
    undefined,
    `select u.id, u.email, u.name, u.is_staff, u.is_superuser, u.auth_epoch, u.locale, ${stands} as device_stands
    from users u where u.id = $userId and u.is_active`,
    { userId, deviceId: named?.id ?? null },
  )
  return userRow.nullable().parse(row ?? null)
}

function toRequestUser(row: UserRow, req: Request): RequestUser {
  const named = req.session.device ? parsePersistentId(req.session.device) : null
  const otpDevice = named && persistentId(named.kind, named.id)
  const verifiedAt = otpDevice && req.session.verifiedAt ? new Date(req.session.verifiedAt) : null
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isStaff: row.is_staff,
    isSuperuser: row.is_superuser,
    isVerified: () => otpDevice !== null,
    otpDevice,
    verifiedAt,
  }
}

function forgetVerification(req: Request): void {
  delete req.session.device
  delete req.session.verifiedAt
}

function forgetSession(req: Request, next: (error?: unknown) => void): void {
  req.session.regenerate((error: unknown) => (error ? next(error) : next()))
}
