import { initTotpDevice } from './model.js'
import { z } from 'zod'
import type { KindOutcome } from '../../otp/device.js'
import { generateHotp, isCode, type OathAlgorithm, codesEqual, timeStep } from '../../otp/tokens/oath.js'
import { defineKind, type KindContext } from '../../otp/kind-registry/kind.js'
import { readCode } from '../../typed-text/read-code.js'

export interface TotpState {
  /** Raw bytes. */
  secret: Uint8Array
  algorithm: OathAlgorithm
  digits: number
  /** Length of a step in seconds. */
  step: number
  /** Unix time at which step 0 begins, in seconds. */
  t0: number
  /** Steps accepted on either side of the drifted time. */
  tolerance: number
  /** Steps that the device's clock is ahead. */
  drift: number
  /** The last accepted step. It and all earlier ones are consumed (RFC 6238 §5.2). */
  lastStep: number
  /** The steps accepted before that one, oldest first; only the newest ones. */
  spentSteps?: readonly number[]
}

/** Number of stored steps in addition to the last one. */
const MAX_SPENT_STEPS = 8

/**
 * Verifies one code (RFC 6238 §5.2 and §6): its step must be within the tolerance of the drifted
 * time, and later than the last accepted step. The drift follows the device, but never beyond the
 * tolerance: otherwise a series of early codes could move the window minutes ahead.
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
  const currentStep = timeStep(now, state.step, state.t0)
  const newest = currentStep + state.drift + state.tolerance
  const consumed = consumedUntil(newest, state)
  if (consumed.isUnknown)
    return { accepted: false, changes: { last_step: newest, spent_steps: toArrayLiteral([state.lastStep]) } }
  const candidates = stepsAround(currentStep + state.drift, state.tolerance).filter((candidate) => candidate >= 0)
  const isCodeOf = (step: number) => codesEqual(generateHotp(state.secret, step, state.digits, state.algorithm), code)
  const step = candidates.filter((candidate) => candidate > consumed.last).find(isCodeOf)
  if (step === undefined) {
    if (candidates.filter((candidate) => candidate <= consumed.last).some(isCodeOf))
      return { accepted: false, because: 'already_used' }
    const isElsewhere = stepsElsewhere(candidates, state, purpose).some(isCodeOf)
    return isElsewhere
      ? { accepted: false, because: purpose === 'enrol' ? 'clock_off' : 'too_old' }
      : { accepted: false }
  }
  const drift = sync ? clamp(step - currentStep, state.tolerance) : state.drift
  return { accepted: true, changes: { last_step: step, drift, ...storeLastStep(state) } }
}

/** Seconds before and after the accepted steps that are searched for a wrong clock. */
const CLOCK_SEARCH_SECONDS = 3600

/**
 * Returns the steps outside the tolerance whose code would mean that a clock is wrong. At sign-in
 * these are only past steps: an attacker must not learn that a code will become valid.
 */
function stepsElsewhere(candidates: readonly number[], { step }: TotpState, purpose: KindContext['purpose']): number[] {
  const count = Math.ceil(CLOCK_SEARCH_SECONDS / step)
  const first = candidates[0] ?? 0
  const last = candidates.at(-1) ?? 0
  const past = Array.from({ length: Math.min(count, first) }, (_, index) => first - 1 - index)
  const future = Array.from({ length: count }, (_, index) => last + 1 + index)
  return purpose === 'enrol' ? [...past, ...future] : past
}

/**
 * Finds the last step that is consumed now. A step later than tolerance and drift allow was
 * accepted while the clock was wrong. It is consumed once its time comes; until then, the one
 * before it applies. If all stored steps are that late, everything up to now is consumed.
 */
function consumedUntil(newest: number, { lastStep, spentSteps = [] }: TotpState): { last: number; isUnknown: boolean } {
  const before = [lastStep, ...spentSteps].filter((step) => step <= newest)
  if (before.length > 0) return { last: Math.max(...before), isUnknown: false }
  const isUnknown = spentSteps.length >= MAX_SPENT_STEPS
  return { last: isUnknown ? newest : -1, isUnknown }
}

/** Adds the last accepted step to the stored ones, if there is one. */
function storeLastStep({ lastStep, spentSteps = [] }: TotpState): { spent_steps?: string } {
  if (lastStep < 0) return {}
  return {
    spent_steps: toArrayLiteral([...spentSteps.filter((step) => step !== lastStep), lastStep].slice(-MAX_SPENT_STEPS)),
  }
}

/** Formats an array literal of PostgreSQL. */
const toArrayLiteral = (steps: readonly number[]): string => `{${steps.join(',')}}`

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
  verify(row, token, context) {
    if (!isCode(readCode(token), row.digits)) return { accepted: false }
    const secret = context.keys.open(row.secret, { column: 'totp_devices.secret', id: row.id })
    return verifyTotp(
      { ...row, secret, lastStep: row.last_step, spentSteps: row.spent_steps },
      token,
      context.now,
      context.totpSync,
      context.purpose,
    )
  },
})
