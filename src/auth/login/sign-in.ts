import type { Request } from 'express'
import { runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { preferredLanguage } from '../../http/choose-language.js'
import type { Device } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { deviceFactor, type PassedFactor, startSession } from '../session.js'
import type { Answer } from './answer.js'
import { recogniseBrowser } from './recognise-browser.js'

/** Who signs in, and by what. */
interface Verified {
  user: { id: number; isStaff: boolean; authEpoch: number }
  /** Before the device, oldest first. */
  passed: readonly PassedFactor[]
  device: Device
  next: string | null
}

/** What both ways of signing in with a token end with. */
export async function signIn(auth: Auth, req: Request, { user, passed, device, next }: Verified): Promise<Answer> {
  const now = auth.clock.now()
  await auth.addressLimit.giveBack(req.ip ?? '')
  await startSession(req, user, [...passed, deviceFactor(device, now)], now)
  await recogniseBrowser(auth, req, user.id, { told: device.kind === 'static' })
  await runStatement(auth.database, undefined, REMEMBER, {
    userId: user.id,
    now,
    language: preferredLanguage(req.acceptsLanguages()),
  })
  const how = passed.length === 0 ? 'passkey' : 'token'
  const about = { userId: user.id, at: now, origin: describeOrigin(req), device: device.persistentId, how } as const
  auth.otp.events.tell('signedIn', about)
  return { ok: true, location: next ?? (user.isStaff ? '/admin' : '/account/two-factor') }
}

// Mails and calls speak the browser's language where the user has chosen none.
const REMEMBER = 'update users set last_login_at = $now, browser_language = $language where id = $userId'
