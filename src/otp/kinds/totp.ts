import { z } from 'zod'
import type { KindOutcome } from '../device.js'
import { hotp, isCode, type OathAlgorithm, sameCode, timeStep } from '../oath.js'
import { defineKind } from './kind.js'
import { readCode } from '../../typed-text/read-code.js'

export interface TotpState {
  /** Raw bytes. */
  secret: Uint8Array
  algorithm: OathAlgorithm
  digits: number
  /** Seconds. */
  step: number
  /** Seconds since 1970. */
  t0: number
  /** Steps accepted on either side of the drifted time. */
  tolerance: number
  /** Steps that the device's clock is ahead. */
  drift: number
  /** The step last accepted; it and all before it are spent (RFC 6238 §5.2). */
  lastStep: number
}

/**
 * Judges one code by the rules of RFC 6238 §5.2 and §6: the steps within tolerance of
 * the drifted time, later than the last one accepted. The drift follows the device but
 * never beyond its tolerance, so that five early codes do not open the next minutes.
 */
export function judgeTotp(state: TotpState, token: string, now: Date, sync: boolean): KindOutcome {
  const code = readCode(token)
  if (!isCode(code, state.digits)) return { accepted: false }
  const present = timeStep(now, state.step, state.t0)
  const step = stepsAround(present + state.drift, state.tolerance)
    .filter((candidate) => candidate > state.lastStep && candidate >= 0)
    .find((candidate) => sameCode(hotp(state.secret, candidate, state.digits, state.algorithm), code))
  if (step === undefined) return { accepted: false }
  const drift = sync ? clamp(step - present, state.tolerance) : state.drift
  return { accepted: true, changes: { last_step: step, drift } }
}

function stepsAround(middle: number, tolerance: number): number[] {
  return Array.from({ length: 2 * tolerance + 1 }, (_, index) => middle - tolerance + index)
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value))
}

export const totp = defineKind({
  name: 'totp',
  table: 'totp_devices',
  columns: 'd.secret, d.algorithm, d.digits, d.step, d.t0::float8, d.tolerance, d.drift, d.last_step::float8',
  couldBe: (token) => /^(\d{6}|\d{8})$/.test(readCode(token)),
  row: z.object({
    id: z.number(),
    secret: z.string(),
    algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']),
    digits: z.number(),
    step: z.number(),
    t0: z.number(),
    tolerance: z.number(),
    drift: z.number(),
    last_step: z.number(),
  }),
  judge(row, token, world) {
    if (!isCode(readCode(token), row.digits)) return { accepted: false }
    const secret = world.keys.open(row.secret, { column: 'totp_devices.secret', id: row.id })
    return judgeTotp({ ...row, secret, lastStep: row.last_step }, token, world.now, world.totpSync)
  },
})
