import type { Request } from 'express'
import type { Keyring } from '../../crypto/keyring.js'
import { ipNetwork } from '../../http/client/client-ip.js'
import { arrivalTime } from '../../http/client/remember-client.js'
import { sessionNamed } from '../../http/sessions/sessions.js'
import { wantsJson } from '../../http/pages/wants-json.js'
import { readBrowserToken } from '../known-browser.js'
import { readFormId } from './form-id.js'

/** Identifies one submitted form, to recognise it if it is sent again. Contains none of its content. */
export interface Submission {
  /** Keyed hash of the whole form: sender, path and every field. Under the newest key. */
  key: string
  /** The hash under the older keys, which another process may still use. */
  olderKeys: readonly string[]
  /** Keyed hash of the sender. */
  sender: string
  /** ID of the session that the request names, even if it has ended. Null if it names none. */
  sid: string | null
  /** Whether the path is a one-time link. */
  isLink: boolean
  /** When it arrived, in milliseconds of this machine's clock. */
  arrivedAt: number
}

const PURPOSE = 'repeated_forms.key'

/** 256 bits at the end of a path: a link from an email or an invitation. */
const LINK = /\/[\w-]{43}$/

/** Fields that only the user who typed them can send again. */
const SECRETS = ['otp_token', 'password', 'credential']

/**
 * Identifies a submitted form that was already read. To repeat it, a sender has to send all of it
 * again from the same session; a copied cookie alone is not enough. An anonymous sender has to send
 * the ID that the page wrote into the form (form-id.ts), from the same network and browser. It makes
 * no difference if the first response has started a session in the meantime.
 *
 * @returns null for an anonymous form without an ID
 */
export function readSubmission(req: Request, { keys, https }: { keys: Keyring; https: boolean }): Submission | null {
  const sid = sessionNamed(req, { https, secrets: keys.sessionSecrets })
  const isLink = LINK.test(req.path)
  const formId = readFormId(req)
  if (sid === null && !isLink && formId === null) return null
  const body: Record<string, unknown> = req.body ?? {}
  const from = formId ?? sid ?? req.path
  const bound = boundTo(req, { formId, sid, https })
  const whole = JSON.stringify([from, req.method, req.originalUrl, wantsJson(req), Object.entries(body), bound])
  const [key = '', ...olderKeys] = keys.hashes(PURPOSE, whole)
  const sender = keys.hash('repeated_forms.sender', from)
  return { key, olderKeys, sender, sid, isLink, arrivedAt: arrivalTime(req) }
}

/** Lists what else has to be the same. */
function boundTo(
  req: Request,
  { formId, sid, https }: { formId: string | null; sid: string | null; https: boolean },
): (string | null)[] {
  // The first answer may have made the browser known.
  if (formId !== null) return networkAndName(req)
  return sid !== null && hasSecret(req.body ?? {}) ? [] : [...networkAndName(req), readBrowserToken({ https }, req)]
}

function hasSecret(body: Readonly<Record<string, unknown>>): boolean {
  return SECRETS.some((name) => typeof body[name] === 'string' && body[name] !== '')
}

/** What an attacker would also need if the form's content can be guessed. */
function networkAndName(req: Request): (string | null)[] {
  return [ipNetwork(req.ip ?? ''), req.get('user-agent') ?? null]
}
