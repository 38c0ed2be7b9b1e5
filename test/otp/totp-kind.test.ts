import { describe, expect, it } from 'vitest'
import { verifyTotp, type TotpState } from '../../src/kinds/totp/kind.js'

/** The codes of steps 0 to 9 under this key. */
const CODES = '179225 656163 839400 154567 346912 471576 045675 101397 491039 784503'.split(' ')
const state: TotpState = {
  secret: Buffer.from('2a2bbba1092ffdd25a328ad1a0a5f5d61d7aacc4', 'hex'),
  algorithm: 'SHA1',
  digits: 6,
  step: 30,
  t0: 0,
  tolerance: 1,
  drift: 0,
  lastStep: -1,
}
const atStep = (step: number) => new Date(step * 30_000)
const code = (step: number) => CODES[step] ?? ''

describe('a TOTP device', () => {
  it('accepts the steps within its tolerance and no other', () => {
    const accepted = CODES.filter((each) => verifyTotp(state, each, atStep(4), true).accepted)
    expect(accepted).toEqual(CODES.slice(3, 6))
  })

  it('applies its tolerance around its drift, not around the current step', () => {
    const accepted = CODES.filter(
      (each) => verifyTotp({ ...state, tolerance: 2, drift: 2 }, each, atStep(4), true).accepted,
    )
    expect(accepted).toEqual(CODES.slice(4, 9))
  })

  it('does not accept a step twice, or an earlier one', () => {
    const used = { ...state, lastStep: 4 }
    expect(verifyTotp(used, code(4), atStep(4), true).accepted).toBe(false)
    expect(verifyTotp(used, code(3), atStep(4), true).accepted).toBe(false)
    expect(verifyTotp(used, code(5), atStep(4), true).accepted).toBe(true)
  })

  it('adjusts its drift only if it is allowed to', () => {
    expect(verifyTotp(state, code(5), atStep(4), true)).toEqual({ accepted: true, changes: { last_step: 5, drift: 1 } })
    expect(verifyTotp(state, code(5), atStep(4), false)).toEqual({
      accepted: true,
      changes: { last_step: 5, drift: 0 },
    })
  })

  it('never drifts beyond its tolerance, however many early codes it accepts', () => {
    const device = { ...state }
    for (const step of [5, 6, 7]) {
      const outcome = verifyTotp(device, code(step), atStep(4), true)
      if (outcome.accepted) Object.assign(device, { lastStep: step, drift: outcome.changes['drift'] })
    }
    expect(device.drift).toBe(1)
    expect(verifyTotp(device, code(7), atStep(4), true).accepted).toBe(false)
  })

  it('keeps the leading zero of 045675', () => {
    expect(verifyTotp(state, '045675', atStep(6), true).accepted).toBe(true)
    expect(verifyTotp(state, '45675', atStep(6), true).accepted).toBe(false)
  })
})
