import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anonymous, type AuthState, type Factor, createAuthState } from '../../src/auth/auth-state.js'
import type { RequestUser } from '../../src/auth/request-user.js'
import { type Requirement, requirementSchema, findShortfall, findMissing } from '../../src/auth/policy/requirement.js'

const now = new Date('2026-03-01T12:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const user: RequestUser = {
  id: 1,
  email: 'kim@example.com',
  name: 'Kim',
  isStaff: true,
  isSuperuser: false,
  groups: [],
  policySince: null,
  isVerified: () => true,
  otpDevice: null,
  person: null,
}

/** A factor that was given this many seconds ago. */
const factor = (kind: string, ago = 0, how: Factor['how'] = 'typed'): Factor => ({
  kind,
  device: `${kind}/1`,
  at: later(-ago),
  how,
})
const password: Factor = { kind: 'password', device: null, at: now, how: 'typed' }
const state = (...factors: Factor[]): AuthState => createAuthState(user, [password, ...factors], now)

describe('the missing part of a requirement', () => {
  const key = { kinds: ['webauthn'] }
  const freshApp = { kinds: ['totp'], maxAge: 300 }

  it.each<[string, AuthState, Requirement, unknown]>([
    ['nobody is signed in', anonymous, { level: 'authenticated' }, { reason: 'not_authenticated' }],
    ['a password is enough', state(), { level: 'authenticated' }, null],
    ['no device was asked', state(), {}, { reason: 'not_verified', kinds: null, maxAge: null }],
    ['any device will do', state(factor('static')), {}, null],
    ['it was another kind', state(factor('totp')), key, { reason: 'not_verified', kinds: ['webauthn'], maxAge: null }],
    ['the kind is right', state(factor('webauthn')), key, null],
    ['it is as old as it may be', state(factor('totp', 300)), freshApp, null],
    [
      'it is a second too old',
      state(factor('totp', 301)),
      freshApp,
      { reason: 'too_old', kinds: ['totp'], maxAge: 300 },
    ],
    [
      'the fresh one is of another kind',
      state(factor('totp', 301), factor('webauthn')),
      freshApp,
      { reason: 'too_old', kinds: ['totp'], maxAge: 300 },
    ],
    ['a trusted browser answered', state(factor('totp', 0, 'trusted_browser')), { trustedBrowser: true }, null],
    [
      'a trusted browser may not answer',
      state(factor('totp', 0, 'trusted_browser')),
      { trustedBrowser: false },
      { reason: 'trusted_browser', kinds: null, maxAge: null },
    ],
    [
      'a trusted browser is never fresh',
      state(factor('totp', 0, 'trusted_browser')),
      { maxAge: 300 },
      { reason: 'too_old', kinds: null, maxAge: 300 },
    ],
    [
      'a token and a trusted browser, of two devices',
      state(factor('totp', 0, 'trusted_browser'), factor('webauthn')),
      { kinds: ['totp'], trustedBrowser: false },
      { reason: 'trusted_browser', kinds: ['totp'], maxAge: null },
    ],
    ['one of two ways is gone', state(factor('webauthn', 9999)), { anyOf: [freshApp, key] }, null],
    [
      'one of two parts is there',
      state(factor('totp')),
      { allOf: [freshApp, key] },
      {
        reason: 'not_verified',
        kinds: ['webauthn'],
        maxAge: null,
      },
    ],
    ['both parts are there', state(factor('totp'), factor('webauthn')), { allOf: [freshApp, key] }, null],
  ])('%s', (_, given, requirement, missing) => {
    expect(findMissing(given, requirement, now)).toEqual(missing)
  })

  it('names all kinds that would be accepted, in any of the ways', () => {
    const missing = findMissing(state(factor('static')), { anyOf: [key, freshApp] }, now)
    expect(missing).toEqual({ reason: 'not_verified', kinds: ['webauthn', 'totp'], maxAge: 300 })
  })

  it("leaves out ways that this user's devices cannot meet", () => {
    const requirement = { anyOf: [key, { allOf: [{ kinds: ['totp'] }, { kinds: ['hotp'] }] }, { kinds: ['phone'] }] }
    expect(findMissing(state(factor('static')), requirement, now, ['totp', 'phone', 'static'])).toMatchObject({
      kinds: ['phone'],
    })
  })

  it("names all ways if this user's devices can meet none", () => {
    expect(findShortfall([], { anyOf: [key, freshApp] }, now, ['static'])).toEqual({
      missing: { reason: 'not_verified', kinds: ['webauthn', 'totp'], maxAge: 300 },
      reachable: false,
    })
  })

  it('reports what can never be met before it prompts for a token', () => {
    const requirement = { allOf: [{ kinds: ['totp'] }, key] }
    expect(findShortfall([], requirement, now, ['totp'])).toMatchObject({
      missing: { kinds: ['webauthn'] },
      reachable: false,
    })
  })

  it('asks for one token if one is enough for all parts', () => {
    const requirement = { maxAge: 300, anyOf: [key, { kinds: ['totp'] }], allOf: [{ kinds: ['totp', 'hotp'] }] }
    expect(findMissing(state(factor('static', 400)), requirement, now, ['totp', 'webauthn', 'static'])).toEqual({
      reason: 'not_verified',
      kinds: ['totp'],
      maxAge: 300,
    })
  })

  it('does not include a consumed device that was already given', () => {
    const requirement = { allOf: [{ kinds: ['static'] }, { kinds: ['totp'] }] }
    expect(findShortfall([factor('static')], requirement, now, ['totp'])).toMatchObject({
      missing: { kinds: ['totp'] },
      reachable: true,
    })
  })
})

describe('a requirement', () => {
  it.each([
    ['a misspelt name', { kind: ['totp'] }],
    ['no kinds', { kinds: [] }],
    ['no ways', { anyOf: [] }],
    ['less time than a person needs', { maxAge: 29 }],
    ['half seconds', { maxAge: 30.5 }],
    ['a level that there is none of', { level: 'anonymous' }],
    ['a mistake further in', { anyOf: [{ allOf: [{ maxAge: '300' }] }] }],
  ])('with %s is rejected', (_, requirement) => {
    expect(requirementSchema.safeParse(requirement).success).toBe(false)
  })
})

const kinds = ['totp', 'webauthn', 'static']
const someKinds = fc.subarray(kinds, { minLength: 1 })
const anyFactor = fc
  .record({ kind: fc.constantFrom(...kinds), ago: fc.nat(1000), trusted: fc.boolean() })
  .map(({ kind, ago, trusted }) => factor(kind, ago, trusted ? 'trusted_browser' : 'typed'))
const leaf = {
  level: fc.constantFrom('authenticated' as const, 'verified' as const),
  kinds: someKinds,
  maxAge: fc.integer({ min: 30, max: 900 }),
  trustedBrowser: fc.boolean(),
}
const { requirement: anyRequirement } = fc.letrec<{ requirement: Requirement }>((tie) => ({
  requirement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record(leaf, { requiredKeys: [] }),
    fc.record(
      {
        ...leaf,
        anyOf: fc.array(tie('requirement'), { minLength: 1, maxLength: 3 }),
        allOf: fc.array(tie('requirement'), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
  ),
}))
const isMet = (factors: readonly Factor[], requirement: Requirement, at = now) =>
  findShortfall(factors, requirement, at) === null
const leaves = ({ anyOf = [], allOf = [] }: Requirement): number =>
  [...anyOf, ...allOf].reduce((sum, each) => sum + leaves(each), 1)

describe('for any requirement', () => {
  it('another factor never makes more missing', () => {
    fc.assert(
      fc.property(anyRequirement, fc.array(anyFactor), anyFactor, (requirement, factors, another) => {
        expect(isMet(factors, requirement) && !isMet([...factors, another], requirement)).toBe(false)
      }),
    )
  })

  it('time never makes less missing', () => {
    fc.assert(
      fc.property(anyRequirement, fc.array(anyFactor), fc.nat(2000), (requirement, factors, seconds) => {
        expect(!isMet(factors, requirement) && isMet(factors, requirement, later(seconds))).toBe(false)
      }),
    )
  })

  it('what is called reachable is reached by giving what is required, however often the user chooses again', () => {
    fc.assert(
      fc.property(
        anyRequirement,
        fc.array(anyFactor),
        someKinds,
        fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
        (requirement, before, owned, choices) => {
          const factors = [...before]
          const first = findShortfall(factors, requirement, now, owned)
          fc.pre(first?.reachable ?? true)
          const steps = leaves(requirement)
          for (const choice of choices.slice(0, steps)) {
            const missing = findShortfall(factors, requirement, now, owned)?.missing
            if (!missing) break
            const helpful = owned.filter((kind) => missing.kinds?.includes(kind) ?? true)
            factors.push(factor(helpful[choice % helpful.length] ?? 'none'))
          }
          expect(steps > 40 || isMet(factors, requirement)).toBe(true)
        },
      ),
    )
  })

  it("what is called unreachable is reached by no token of the user's own devices", () => {
    fc.assert(
      fc.property(anyRequirement, fc.array(anyFactor), someKinds, (requirement, before, owned) => {
        fc.pre(findShortfall(before, requirement, now, owned)?.reachable === false)
        expect(isMet([...before, ...owned.map((kind) => factor(kind))], requirement)).toBe(false)
      }),
    )
  })
})
