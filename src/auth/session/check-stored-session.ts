import type { SessionData } from 'express-session'
import { z } from 'zod'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'

/** Milliseconds since 1970 that are a date. */
const moment = z.number().min(0).max(8.64e15)

/** PostgreSQL's `integer`. */
const integer = z.int().nonnegative().max(2_147_483_647)

const device = z.string().refine((text) => parsePersistentId(text) !== null)

const text = z.string().nullable()

const factor = z.object({
  kind: z.string(),
  // A device that there is none of verifies nobody, and is removed from the session on each request.
  device: text,
  at: moment,
  how: z.enum(['typed', 'passkey', 'trusted_browser', 'link']),
  trustedBrowser: integer.optional(),
})

const started = z.object({ device, at: moment })
const sentCode = z.object({ device, id: z.string() })

/** What decides whose session it is, and how far they are authenticated. */
const identity = z.object({
  // The expiry is in the row: the cookie itself lasts as long as the browser runs.
  cookie: z.object({ originalMaxAge: z.null(), expires: z.null().optional(), path: z.string() }),
  userId: integer.optional(),
  epoch: integer.optional(),
  signedInAt: moment.optional(),
  factors: z.array(factor).optional(),
  pending: z.object({ userId: integer, epoch: integer, at: moment }).optional(),
})

/** What can be requested or started again. */
const others = {
  pendingForms: z.array(z.object({ id: z.uuid(), url: z.string(), isAside: z.boolean().optional() })),
  address: text,
  browser: text,
  invitedAt: moment,
  setup: started,
  otherSetups: z.array(started),
  challenge: sentCode,
  otherChallenges: z.array(sentCode),
  keyChallenge: z.object({ id: z.string(), purpose: z.enum(['add', 'verify', 'sign_in']) }),
  failedAttempts: z.object({ count: integer, at: moment, address: text, browser: text }),
  policyBlockedAt: moment,
  asker: z.string().max(64),
} satisfies { [Field in keyof SessionData]?: z.ZodType }

const schemas = new Map<string, z.ZodType>(Object.entries(others))

/**
 * Checks a session as it is stored, perhaps by another version or by hand. Removes broken fields
 * that only help the user along.
 *
 * @returns false if the session cannot be used, because it is not clear whose it is
 */
export function checkStoredSession(session: SessionData): boolean {
  if (!identity.safeParse(session).success) return false
  for (const [name, value] of Object.entries(session)) {
    const schema = schemas.get(name)
    if (schema && !schema.safeParse(value).success) Reflect.deleteProperty(session, name)
  }
  return true
}
