import type { RequestHandler } from 'express'
import type { Auth } from '../auth.js'
import { requires } from '../requires.js'

/** Seconds within which a token must have been accepted before devices, password or address are changed (S-40, S-45). */
export const FRESH_SECONDS = 300

/**
 * Lets those pass whose last token is fresh, and those signed in who have no device that
 * could give one. The one guard of everything that changes how somebody signs in, for every
 * verb and step: an unverified session of somebody with a device never passes (F-28).
 */
export function requireFresh(auth: Auth, seconds = FRESH_SECONDS): RequestHandler {
  return requires(auth, { maxAge: seconds }, { ifConfigured: true })
}
