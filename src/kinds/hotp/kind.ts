import { initHotpDevice } from './model.js'
import { z } from 'zod'
import type { Cause, KindOutcome } from '../../otp/device.js'
import { generateHotp as codeAt, isCode, codesEqual } from '../../otp/tokens/oath.js'
import { defineKind, type KindContext } from '../../otp/kind-registry/kind.js'
import { readCode } from '../../typed-text/read-code.js'

/** Counter values ahead in which two codes in a row are searched for (RFC 4226 §7.4), for a token that was often pressed by accident. */
const RESYNC_WINDOW = 100

export interface HotpState {
  /** Raw bytes. */
  secret: Uint8Array
  digits: number
  /** The counter of the next code. Earlier codes are not accepted. */
  counter: number
  /** How many later counter values are accepted as well. */
  tolerance: number
}

/**
 * Verifies one code, or two codes in a row (RFC 4226 §7.2 to §7.4): one within the tolerance, two
 * within a hundred counter values. The wider window is safe, because two codes in a row are much
 * harder to guess than one. If accepted, the counter moves behind the last code.
 */
export function verifyHotp(state: HotpState, token: string, purpose: KindContext['purpose'] = 'verify'): KindOutcome {
  const typed = readCode(token)
  if (isCode(typed, state.digits)) {
    const outcome = accept(state, [typed], state.tolerance)
    const because = outcome.accepted ? null : explain(state, typed, purpose)
    return because ? { accepted: false, because } : outcome
  }
  if (!isCode(typed, 2 * state.digits)) return { accepted: false }
  return accept(state, [typed.slice(0, state.digits), typed.slice(state.digits)], RESYNC_WINDOW)
}

/**
 * Explains a rejected code. A code that was skipped or used is never accepted again. One further
 * ahead might become valid, so only a user who is setting up the token learns of it.
 */
function explain({ secret, digits, counter }: HotpState, code: string, purpose: KindContext['purpose']): Cause | null {
  const isCodeAt = (value: number) => codesEqual(codeAt(secret, value, digits), code)
  const past = Array.from({ length: Math.min(RESYNC_WINDOW, counter) }, (_, index) => counter - 1 - index)
  if (past.some(isCodeAt)) return 'already_used'
  if (purpose === 'verify') return null
  return Array.from({ length: RESYNC_WINDOW }, (_, index) => counter + index).some(isCodeAt) ? 'out_of_step' : null
}

function accept({ secret, digits, counter }: HotpState, codes: string[], window: number): KindOutcome {
  for (let first = counter; first <= counter + window; first += 1)
    if (codes.every((code, index) => codesEqual(codeAt(secret, first + index, digits), code)))
      return { accepted: true, changes: { counter: first + codes.length } }
  return { accepted: false }
}

/** Counter-based hardware tokens (RFC 4226). */
export const hotp = defineKind({
  name: 'hotp',
  table: 'hotp_devices',
  initModel: initHotpDevice,
  panel: { icon: 'Cpu', columns: [] },
  rejection: 'counter',
  columns: 'd.secret, d.digits, d.counter::float8, d.tolerance',
  matchesFormat: (token) => /^(\d{6}|\d{8}|\d{12}|\d{16})$/.test(readCode(token)),
  row: z.object({
    id: z.number(),
    secret: z.string(),
    digits: z.number(),
    counter: z.number(),
    tolerance: z.number(),
  }),
  verify(row, token, context) {
    const secret = context.keys.open(row.secret, { column: 'hotp_devices.secret', id: row.id })
    return verifyHotp({ ...row, secret }, token, context.purpose)
  },
})
