import { z } from 'zod'
import type { KindOutcome } from '../device.js'
import { hotp as codeAt, isCode, sameCode } from '../oath.js'
import { defineKind } from './kind.js'
import { readCode } from '../../typed-text/read-code.js'

/** How far ahead two codes in a row are looked for (RFC 4226 §7.4): a token that was pressed a hundred times in a pocket. */
const RESYNC_WINDOW = 100

export interface HotpState {
  /** Raw bytes. */
  secret: Uint8Array
  digits: number
  /** Of the next code; all before it are spent. */
  counter: number
  /** Counters beyond it that are accepted as well. */
  tolerance: number
}

/**
 * Judges one code, or two codes in a row typed one after the other, by the rules of RFC 4226
 * §7.2 to §7.4: one within the tolerance, two within a hundred. Two in a row are harder to
 * guess than one by far more than the wider window makes it easier. Accepted, the counter
 * stands behind the last one.
 */
export function judgeHotp(state: HotpState, token: string): KindOutcome {
  const typed = readCode(token)
  if (isCode(typed, state.digits)) return accept(state, [typed], state.tolerance)
  if (!isCode(typed, 2 * state.digits)) return { accepted: false }
  return accept(state, [typed.slice(0, state.digits), typed.slice(state.digits)], RESYNC_WINDOW)
}

function accept({ secret, digits, counter }: HotpState, codes: string[], window: number): KindOutcome {
  for (let first = counter; first <= counter + window; first += 1)
    if (codes.every((code, index) => sameCode(codeAt(secret, first + index, digits), code)))
      return { accepted: true, changes: { counter: first + codes.length } }
  return { accepted: false }
}

/** A hardware token that counts its codes (RFC 4226). */
export const hotp = defineKind({
  name: 'hotp',
  table: 'hotp_devices',
  columns: 'd.secret, d.digits, d.counter::float8, d.tolerance',
  couldBe: (token) => /^(\d{6}|\d{8}|\d{12}|\d{16})$/.test(readCode(token)),
  row: z.object({
    id: z.number(),
    secret: z.string(),
    digits: z.number(),
    counter: z.number(),
    tolerance: z.number(),
  }),
  judge(row, token, world) {
    const secret = world.keys.open(row.secret, { column: 'hotp_devices.secret', id: row.id })
    return judgeHotp({ ...row, secret }, token)
  },
})
