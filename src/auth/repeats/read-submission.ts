import type { Request } from 'express'
import type { Keyring } from '../../crypto/keyring.js'
import { networkOf } from '../../http/client-address.js'
import { arrivalTime } from '../../http/client-info.js'
import { sessionNamed } from '../../http/sessions.js'
import { wantsJson } from '../../http/wants-json.js'
import { readBrowserToken } from '../login/known-browser.js'
import { readFormId } from './form-id.js'

/** One posted form, as far as its being sent again goes. Nothing here says what is in it. */
export interface Submission {
  /** Keyed hash of all of it: sender, address, every field. Under the newest key. */
  key: string
  /** The same under the older keys, which another process may still write with. */
  olderKeys: readonly string[]
  /** Keyed hash of whoever sends. */
  sender: string
  /** The session that the request names, whether it still stands or not; null: none. */
  sid: string | null
  /** It follows a link that works once. */
  isLink: boolean
  /** When it arrived, in milliseconds of this machine. */
  arrivedAt: number
}

const PURPOSE = 'repeated_forms.key'

/** 256 bits at the end of a path: a link of a mail or an invitation. */
const LINK = /\/[\w-]{43}$/

/** Fields that only whoever typed them can send again. */
const SECRETS = ['otp_token', 'password', 'credential']

/**
 * Names a posted form that is read already. Whoever sends it again has to send all of it
 * again, from the same session; a copied cookie alone repeats nothing. A stranger has to send
 * what the page has written into the form (form-id.ts), from the same network and browser;
 * whether the first answer has brought a session meanwhile makes no difference to that one.
 *
 * @returns null for strangers whose form nothing tells from another
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

/** What else has to be the same. */
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

/** What else a thief would have to have, where the form itself could be guessed. */
function networkAndName(req: Request): (string | null)[] {
  return [networkOf(req.ip ?? ''), req.get('user-agent') ?? null]
}
