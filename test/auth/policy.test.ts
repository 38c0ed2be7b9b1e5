import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Factor } from '../../src/auth/auth-state.js'
import {
  besides,
  isSecondFactorKind,
  type Demand,
  policyOf,
  findSecondFactor,
  isKindAllowed,
  sessionLimits,
} from '../../src/auth/policy/policy.js'
import { policyStatus } from '../../src/auth/policy/policy-status.js'
import type { Membership } from '../../src/auth/request-user.js'
import { builtInKinds } from '../../src/kinds/index.js'
import type { KindTraits } from '../../src/otp/kind-registry/kind.js'

const demands: readonly Demand[] = ['off', 'staff', 'everyone', 'strict']
const kinds = ['totp', 'webauthn', 'hotp', 'phone', 'email', 'static']

const group = (rules: Partial<Membership>): Membership => ({
  id: 1,
  name: 'Group',
  permissions: [],
  otpPolicy: null,
  graceDays: null,
  kinds: null,
  ...rules,
})

const site = (otpPolicy: Demand, otpGraceDays = 0) => ({ otpPolicy, otpGraceDays, everyKind: builtInKinds })
const staff = (...groups: Membership[]) => ({ isStaff: true, groups })
const nobody = (...groups: Membership[]) => ({ isStaff: false, groups })

describe('a custom kind under a policy', () => {
  const custom = (traits: Partial<KindTraits>): KindTraits => ({
    name: 'custom',
    isBackup: false,
    strength: 'possession',
    isBoundToOrigin: false,
    input: 'digits',
    ...traits,
  })
  const under = (demand: Demand, traits: Partial<KindTraits>) =>
    policyOf({ ...site(demand), everyKind: [...builtInKinds, custom(traits)] }, staff())

  it.each([
    ['phishing_resistant', true, true],
    ['possession', true, true],
    ['restricted', false, true],
    ['weak', false, false],
  ] as const)(
    'of strength %s is a second factor under strict: %s, and accepted: %s',
    (strength, isFactor, accepted) => {
      expect(isSecondFactorKind(under('staff', { strength }), 'custom')).toBe(true)
      expect(isSecondFactorKind(under('strict', { strength }), 'custom')).toBe(isFactor)
      expect(isKindAllowed(under('strict', { strength }), 'custom')).toBe(accepted)
    },
  )

  it('is not a second factor if it is a backup, but replaces one for a user who has one', () => {
    const policy = under('staff', { isBackup: true })
    expect(isSecondFactorKind(policy, 'custom')).toBe(false)
    expect(besides(policy)).toContain('custom')
  })

  it('decides by its strength which of two groups is stricter', () => {
    const config = { ...site('staff'), everyKind: [...builtInKinds, custom({ strength: 'phishing_resistant' })] }
    const groups = [group({ kinds: ['totp'] }), group({ kinds: ['custom'] })]
    expect(policyOf(config, staff(...groups)).kinds).toEqual(['custom'])
  })
})

describe('the policy of a user', () => {
  it.each([
    ['off', false, false],
    ['staff', true, false],
    ['everyone', true, true],
    ['strict', true, true],
  ] as const)('with OTP_POLICY=%s is required of staff: %s, of others: %s', (demand, ofStaff, ofOthers) => {
    expect(policyOf(site(demand), staff()).demanded).toBe(ofStaff)
    expect(policyOf(site(demand), nobody()).demanded).toBe(ofOthers)
  })

  it("is the group's if the group has one, stricter or laxer than the site's", () => {
    expect(policyOf(site('off'), nobody(group({ otpPolicy: 'everyone' }))).demanded).toBe(true)
    expect(policyOf(site('everyone'), staff(group({ otpPolicy: 'off' }))).demanded).toBe(false)
    expect(policyOf(site('everyone'), staff(group({}))).demand).toBe('everyone')
  })

  it('is the strictest of several groups', () => {
    const groups = [group({ otpPolicy: 'off' }), group({ otpPolicy: 'strict' }), group({ otpPolicy: 'staff' })]
    expect(policyOf(site('staff'), nobody(...groups))).toMatchObject({ demand: 'strict', demanded: true })
  })

  it('grants the shortest grace period of the groups, or that of the site', () => {
    expect(policyOf(site('staff', 14), staff()).graceDays).toBe(14)
    expect(policyOf(site('staff', 14), staff(group({ graceDays: 30 }), group({ graceDays: 21 }))).graceDays).toBe(21)
    expect(policyOf(site('staff', 14), staff(group({ graceDays: 0 }))).graceDays).toBe(0)
  })

  it('accepts the kinds that all groups accept', () => {
    const groups = [group({ kinds: ['totp', 'webauthn'] }), group({ kinds: ['webauthn', 'phone'] }), group({})]
    expect(policyOf(site('staff'), staff(...groups)).kinds).toEqual(['webauthn'])
  })

  it('accepts the kinds of the strictest group if the groups share none', () => {
    const groups = [group({ kinds: ['phone', 'webauthn'] }), group({ kinds: ['totp'] })]
    expect(policyOf(site('staff'), staff(...groups)).kinds).toEqual(['totp'])
    expect(policyOf(site('staff'), staff(group({ kinds: ['totp'] }), group({ kinds: ['webauthn'] }))).kinds).toEqual([
      'webauthn',
    ])
  })

  it('ignores a kind that is never accepted, so that every user has an accepted device to choose', () => {
    expect(policyOf(site('strict'), staff(group({ kinds: ['email', 'phone'] }))).kinds).toBeNull()
    expect(policyOf(site('staff'), staff(group({ kinds: ['static'] }))).kinds).toBeNull()
  })

  const memberships = fc.array(
    fc.record({
      otpPolicy: fc.option(fc.constantFrom(...demands)),
      graceDays: fc.option(fc.nat(365)),
      kinds: fc.option(fc.subarray(kinds)),
    }),
    { maxLength: 4 },
  )

  it('of a strict site is strict for everyone, whatever the groups say', () => {
    fc.assert(
      fc.property(fc.boolean(), memberships, (isStaff, rules) => {
        const policy = policyOf(site('strict', 7), { isStaff, groups: rules.map(group) })
        expect(policy).toMatchObject({ demand: 'strict', demanded: true })
        expect(['static', 'phone', 'email'].some((kind) => isSecondFactorKind(policy, kind))).toBe(false)
      }),
    )
  })

  it('always leaves an accepted kind, and never accepts backup tokens', () => {
    fc.assert(
      fc.property(fc.constantFrom(...demands), fc.boolean(), memberships, (demand, isStaff, rules) => {
        const policy = policyOf(site(demand), { isStaff, groups: rules.map(group) })
        expect(kinds.some((kind) => isSecondFactorKind(policy, kind))).toBe(true)
        expect(isSecondFactorKind(policy, 'static')).toBe(false)
      }),
    )
  })
})

describe('the second factor', () => {
  const device = (kind: string, confirmed = true) => ({ kind, confirmed })
  const staffPolicy = policyOf(site('staff'), staff())
  const strict = policyOf(site('strict'), staff())
  const keysOnly = policyOf(site('staff'), staff(group({ kinds: ['webauthn'] })))

  it('is the first confirmed device of an accepted kind', () => {
    expect(findSecondFactor(staffPolicy, [device('totp', false), device('email'), device('totp')])).toEqual(
      device('email'),
    )
    expect(findSecondFactor(keysOnly, [device('totp'), device('webauthn')])).toEqual(device('webauthn'))
  })

  it('does not exist for a user with only backup tokens', () => {
    expect(findSecondFactor(staffPolicy, [device('static')])).toBeNull()
    expect(findSecondFactor(strict, [device('static')])).toBeNull()
  })

  it('is never email or a phone under strict, and a phone is allowed in addition to another', () => {
    expect(findSecondFactor(strict, [device('email'), device('phone')])).toBeNull()
    expect(findSecondFactor(strict, [device('phone'), device('totp')])).toEqual(device('totp'))
  })

  it('does not exist if the group requires another kind', () => {
    expect(findSecondFactor(keysOnly, [device('totp'), device('phone')])).toBeNull()
  })
})

describe('the policy status of a user', () => {
  const now = new Date('2026-03-15T12:00:00Z')
  const ago = (days: number) => new Date(now.getTime() - days * 24 * 3600 * 1000)
  const passed = (kind: string, how: Factor['how'] = 'typed'): Factor => ({
    kind,
    device: kind === 'password' ? null : `${kind}/1`,
    at: now,
    how,
  })
  const state = (...factors: Factor[]) => ({
    level: factors.some(({ device }) => device) ? ('verified' as const) : ('authenticated' as const),
    factors: [passed('password'), ...factors],
  })
  const own = (...names: string[]) => names.map((kind) => ({ kind, confirmed: true }))
  const policy = policyOf(site('staff', 10), staff())
  const strict = policyOf(site('strict', 10), staff())
  const keysOnly = policyOf(site('staff', 10), staff(group({ kinds: ['webauthn'] })))

  it('counts the days down from the current grace period of the site', () => {
    const nothing = { state: state(), devices: [], hasFactor: false }
    const at = (graceDays: number, since: Date) => policyStatus({ ...policy, graceDays }, { ...nothing, since }, now)
    expect(at(10, ago(0))).toMatchObject({ state: 'due', due: { daysLeft: 10 } })
    expect(at(10, ago(9))).toMatchObject({ state: 'due', due: { daysLeft: 1 } })
    expect(at(10, ago(9.99))).toMatchObject({ state: 'due', due: { daysLeft: 1 } })
    expect(at(10, ago(10))).toMatchObject({ state: 'enrol', due: { daysLeft: 0 } })
    expect(at(9, ago(9.5))).toMatchObject({ state: 'enrol' })
    expect(at(0, ago(0))).toMatchObject({ state: 'enrol' })
  })

  it('grants no grace period to a user with an accepted device: they are prompted for it', () => {
    const standing = policyStatus(
      policy,
      { state: state(), devices: own('totp'), hasFactor: false, since: ago(0) },
      now,
    )
    expect(standing).toEqual({ state: 'verify', requirement: { kinds: ['totp'], trustedBrowser: true } })
  })

  it('accepts a backup token or, under strict, a phone in place of an accepted device', () => {
    const devices = own('totp', 'phone', 'static')
    for (const kind of ['totp', 'phone', 'static'])
      expect(
        policyStatus(strict, { state: state(passed(kind)), devices, hasFactor: false, since: ago(99) }, now).state,
      ).toBe('met')
  })

  it('requires the kind that the group requires, or a backup token', () => {
    const devices = own('totp', 'webauthn', 'static')
    const standing = policyStatus(
      keysOnly,
      { state: state(passed('totp')), devices, hasFactor: false, since: ago(99) },
      now,
    )
    expect(standing).toEqual({
      state: 'verify',
      requirement: { kinds: ['webauthn', 'static'], trustedBrowser: true },
    })
  })

  it('accepts a trusted browser in place of a token, but not under strict', () => {
    const ruled = {
      state: state(passed('totp', 'trusted_browser')),
      devices: own('totp'),
      hasFactor: false,
      since: ago(99),
    }
    expect(policyStatus(policy, ruled, now).state).toBe('met')
    expect(policyStatus(strict, ruled, now)).toMatchObject({ state: 'verify', requirement: { trustedBrowser: false } })
  })

  it('lets a user who signed in with a backup token continue with a reminder, but not under strict', () => {
    const ruled = { state: state(passed('static')), devices: own('static'), hasFactor: false, since: ago(99) }
    expect(policyStatus(policy, ruled, now)).toMatchObject({ state: 'due', due: { daysLeft: 0 } })
    expect(policyStatus(strict, ruled, now).state).toBe('enrol')
    expect(policyStatus(keysOnly, ruled, now).state).toBe('enrol')
  })

  it('requires the old device first if a new one cannot be set up without it', () => {
    const ruled = { state: state(), devices: own('phone'), hasFactor: true, since: ago(99) }
    expect(policyStatus(strict, ruled, now)).toEqual({ state: 'verify', requirement: { level: 'verified' } })
  })

  it('is fine for every user without a required second factor', () => {
    const off = policyOf(site('off'), staff())
    expect(policyStatus(off, { state: state(), devices: [], hasFactor: false, since: ago(99) }, now)).toEqual({
      state: 'met',
    })
  })
})

it('gives a session 24 hours and one hour, and half of each under strict', () => {
  expect(sessionLimits(policyOf(site('everyone'), staff()))).toEqual({ overall: 86_400, inactivity: 3600 })
  expect(sessionLimits(policyOf(site('strict'), staff()))).toEqual({ overall: 43_200, inactivity: 1800 })
  const member = nobody(group({ otpPolicy: 'strict' }))
  expect(sessionLimits(policyOf(site('off'), member))).toEqual({ overall: 43_200, inactivity: 1800 })
})
