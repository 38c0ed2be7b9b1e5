import type { RequestHandler } from 'express'
import type { Auth } from '../auth.js'
import { requires } from '../guards/requires.js'

/** Seconds within which a token must have been accepted before a change of devices, password or email address. */
export const FRESH_SECONDS = 300

/**
 * Lets users pass whose last token is fresh, and signed-in users who have no device. Guards every
 * page that changes how a user signs in, for every method and step: an unverified session of a
 * user with a device never passes.
 *
 * @param seconds maximum age of the last token
 */
export function requireFreshToken(auth: Auth, seconds = FRESH_SECONDS): RequestHandler {
  return requires(auth, { maxAge: seconds }, { ifConfigured: true })
}
