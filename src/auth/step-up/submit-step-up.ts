import type { Request } from 'express'
import { describeOrigin } from '../../http/describe-origin.js'
import type { Device } from '../../otp/device.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import { sessionAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import { type Refused, refused } from '../login/answer.js'
import { askToken, tokenSender } from '../login/ask-token.js'
import { deviceFactor, goingOn } from '../session.js'
import type { StepUp, VerifyForm } from './read-step-up.js'

/** `ended`: the session was used up meanwhile, by a sign-out or by another token. */
type StepUpAnswer = { ok: true; outcome: 'verified' | 'challenged' | 'ended' } | Refused

/** Asks one of the devices that help; what it accepts goes on with the session under a new id. */
export async function submitStepUp(auth: Auth, req: Request, stepUp: StepUp, form: VerifyForm): Promise<StepUpAnswer> {
  if (isOfWrongKind(auth, stepUp, form)) return refused('token', 'wrong_kind')
  const now = auth.clock.now()
  const { user, devices } = stepUp
  const opens = { holds: (device: Device) => goingOn(req, deviceFactor(device, now)) }
  const awaited = { userId: user.id, devices, asker: sessionAsker(req), opens }
  const answer = await askToken(auth, req, awaited, form)
  // Of two at once with one session, one goes on, and the other keeps its token.
  if (!answer.ok) return answer.code === 'login_expired' ? { ok: true, outcome: 'ended' } : answer
  if ('challenged' in answer) return { ok: true, outcome: 'challenged' }
  await auth.addressLimit.giveBack(tokenSender(req, awaited))
  const device = answer.device.persistentId
  auth.otp.events.tell('stepUp', { userId: user.id, at: now, origin: describeOrigin(req), device })
  return { ok: true, outcome: 'verified' }
}

/** A token that would be accepted and lead back to this page is not judged, so it is not used up either. */
function isOfWrongKind(auth: Auth, { kinds }: StepUp, form: VerifyForm): boolean {
  if (!kinds) return false
  const possible = kindsOf(auth, form)
  return possible.length > 0 && !possible.some((kind) => kinds.includes(kind))
}

/** What is asked: a key by its answer, the device that is named, or whatever the token looks like. */
function kindsOf({ otp }: Auth, { otp_device: named, otp_token: token = '' }: VerifyForm): string[] {
  const possible = otp.kinds.filter((kind) => kind.couldBe(token))
  const byKey = possible.filter(({ input }) => input === 'browser_key')
  if (byKey.length > 0) return byKey.map(({ name }) => name)
  if (named) return [parsePersistentId(named)?.kind ?? '']
  return possible.map(({ name }) => name)
}
