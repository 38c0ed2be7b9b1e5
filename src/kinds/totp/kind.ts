import { initTotpDevice } from './model.js'
import { z } from 'zod'
import type { KindOutcome } from '../../otp/device.js'
import { generateHotp, isCode, type OathAlgorithm, codesEqual, timeStep } from '../../otp/oath.js'
import { defineKind, type KindContext } from '../../otp/kind-registry/kind.js'
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
  /** Steps accepted before that one, oldest first; the newest ones only. */
  spentSteps?: readonly number[]
}

/** Steps that are remembered besides the last one. */
const REMEMBERED = 8

/**
 * Judges one code by the rules of RFC 6238 §5.2 and §6: the steps within tolerance of
 * the drifted time, later than the last one accepted. The drift follows the device but
 * never beyond its tolerance, so that five early codes do not open the next minutes.
 */
export function verifyTotp(
  state: TotpState,
  token: string,
  now: Date,
  sync: boolean,
  purpose: KindContext['purpose'] = 'verify',
): KindOutcome {
  const code = readCode(token)
  if (!isCode(code, state.digits)) return { accepted: false }
  const present = timeStep(now, state.step, state.t0)
  const newest = present + state.drift + state.tolerance
  const spent = spentUntil(newest, state)
  if (spent.isUnknown)
    return { accepted: false, changes: { last_step: newest, spent_steps: toArray([state.lastStep]) } }
  const near = stepsAround(present + state.drift, state.tolerance).filter((candidate) => candidate >= 0)
  const isCodeOf = (step: number) => codesEqual(generateHotp(state.secret, step, state.digits, state.algorithm), code)
  const step = near.filter((candidate) => candidate > spent.last).find(isCodeOf)
  if (step === undefined) {
    if (near.filter((candidate) => candidate <= spent.last).some(isCodeOf))
      return { accepted: false, because: 'already_used' }
    const isElsewhere = stepsElsewhere(near, state, purpose).some(isCodeOf)
    return isElsewhere
      ? { accepted: false, because: purpose === 'enrol' ? 'clock_off' : 'too_old' }
      : { accepted: false }
  }
  const drift = sync ? clamp(step - present, state.tolerance) : state.drift
  return { accepted: true, changes: { last_step: step, drift, ...remember(state) } }
}

/** Seconds on either side in which a wrong clock is looked for. */
const LOOK_AROUND = 3600

/**
 * Further steps of which a code would mean that a clock is wrong. At sign-in only past ones: to
 * confirm a code of a future step would tell an attacker one that is about to become valid.
 */
function stepsElsewhere(near: readonly number[], { step }: TotpState, purpose: KindContext['purpose']): number[] {
  const count = Math.ceil(LOOK_AROUND / step)
  const first = near[0] ?? 0
  const last = near.at(-1) ?? 0
  const past = Array.from({ length: Math.min(count, first) }, (_, index) => first - 1 - index)
  const future = Array.from({ length: count }, (_, index) => last + 1 + index)
  return purpose === 'enrol' ? [...past, ...future] : past
}

/**
 * The last step that is spent at present. One beyond what tolerance and drift allow was
 * accepted while the clock was wrong: it is spent when its time comes, and until then the
 * one before it counts. If all that are remembered lie there, everything until now is spent.
 */
function spentUntil(newest: number, { lastStep, spentSteps = [] }: TotpState): { last: number; isUnknown: boolean } {
  const before = [lastStep, ...spentSteps].filter((step) => step <= newest)
  if (before.length > 0) return { last: Math.max(...before), isUnknown: false }
  const isUnknown = spentSteps.length >= REMEMBERED
  return { last: isUnknown ? newest : -1, isUnknown }
}

/** Before the first one there is nothing to remember. */
function remember({ lastStep, spentSteps = [] }: TotpState): { spent_steps?: string } {
  if (lastStep < 0) return {}
  return { spent_steps: toArray([...spentSteps.filter((step) => step !== lastStep), lastStep].slice(-REMEMBERED)) }
}

/** As PostgreSQL writes an array. */
const toArray = (steps: readonly number[]): string => `{${steps.join(',')}}`

function stepsAround(middle: number, tolerance: number): number[] {
  return Array.from({ length: 2 * tolerance + 1 }, (_, index) => middle - tolerance + index)
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value))
}

export const totp = defineKind({
  name: 'totp',
  table: 'totp_devices',
  initModel: initTotpDevice,
  panel: { icon: 'Smartphone', columns: [] },
  columns:
    'd.secret, d.algorithm, d.digits, d.step, d.t0::float8, d.tolerance, d.drift, d.last_step::float8, d.spent_steps::float8[]',
  matchesFormat: (token) => /^(\d{6}|\d{8})$/.test(readCode(token)),
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
    spent_steps: z.array(z.number()),
  }),
  verify(row, token, world) {
    if (!isCode(readCode(token), row.digits)) return { accepted: false }
    const secret = world.keys.open(row.secret, { column: 'totp_devices.secret', id: row.id })
    return verifyTotp(
      { ...row, secret, lastStep: row.last_step, spentSteps: row.spent_steps },
      token,
      world.now,
      world.totpSync,
      world.purpose,
    )
  },
})
