import { z } from 'zod'
import type { KindOutcome } from '../device.js'
import { hotp, isCode, type OathAlgorithm, sameCode, timeStep } from '../oath.js'
import { defineKind, type KindWorld } from './kind.js'
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
export function judgeTotp(
  state: TotpState,
  token: string,
  now: Date,
  sync: boolean,
  purpose: KindWorld['purpose'] = 'verify',
): KindOutcome {
  const code = readCode(token)
  if (!isCode(code, state.digits)) return { accepted: false }
  const present = timeStep(now, state.step, state.t0)
  const near = stepsAround(present + state.drift, state.tolerance).filter((candidate) => candidate >= 0)
  const isCodeOf = (step: number) => sameCode(hotp(state.secret, step, state.digits, state.algorithm), code)
  const step = near.filter((candidate) => candidate > state.lastStep).find(isCodeOf)
  if (step === undefined) {
    if (near.filter((candidate) => candidate <= state.lastStep).some(isCodeOf))
      return { accepted: false, because: 'already_used' }
    const isElsewhere = stepsElsewhere(near, state, purpose).some(isCodeOf)
    return isElsewhere
      ? { accepted: false, because: purpose === 'enrol' ? 'clock_off' : 'too_old' }
      : { accepted: false }
  }
  const drift = sync ? clamp(step - present, state.tolerance) : state.drift
  return { accepted: true, changes: { last_step: step, drift } }
}

/** Seconds on either side in which a wrong clock is looked for. */
const LOOK_AROUND = 3600

/**
 * Further steps of which a code would mean that a clock is wrong. At sign-in only past ones: to
 * confirm a code of a future step would tell an attacker one that is about to become valid.
 */
function stepsElsewhere(near: readonly number[], { step }: TotpState, purpose: KindWorld['purpose']): number[] {
  const count = Math.ceil(LOOK_AROUND / step)
  const first = near[0] ?? 0
  const last = near.at(-1) ?? 0
  const past = Array.from({ length: Math.min(count, first) }, (_, index) => first - 1 - index)
  const future = Array.from({ length: count }, (_, index) => last + 1 + index)
  return purpose === 'enrol' ? [...past, ...future] : past
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
    return judgeTotp({ ...row, secret, lastStep: row.last_step }, token, world.now, world.totpSync, world.purpose)
  },
})
