import express, { type Express, type RequestHandler, Router } from 'express'
import type { Auth } from '../../src/auth/auth.js'
import { requires } from '../../src/auth/guards/requires.js'
import type { Requirement } from '../../src/auth/policy/requirement.js'
import type { HttpResponse } from '../support/http-browser.js'
import { createTestUser, signIn, type TestSite, type TestUser, type TestUserTraits } from '../support/site.js'

export const VERIFY = '/account/verify'
export const LOGIN = '/account/login'

export const requirements = {
  password: { level: 'authenticated' },
  verified: { level: 'verified' },
  fresh: { maxAge: 60 },
  backup: { kinds: ['static'] },
  freshBackup: { kinds: ['static'], maxAge: 60 },
  key: { kinds: ['webauthn'] },
  either: { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['static'] }] },
  both: { allOf: [{ kinds: ['totp'], maxAge: 60 }, { kinds: ['static'] }] },
  bothKeyed: { allOf: [{ kinds: ['static'] }, { kinds: ['webauthn'] }] },
  sameOne: { maxAge: 60, anyOf: [{ kinds: ['webauthn'] }, { kinds: ['static'] }] },
} as const satisfies Record<string, Requirement>

/** A host with routes for each requirement, which remembers what its handler did. */
export function createRequirementsHost() {
  /** Newest last. */
  const done: { path: string; body: unknown }[] = []
  const act: RequestHandler = (req, res) => {
    done.push({ path: req.originalUrl, body: req.body })
    res.json({
      method: req.method,
      url: req.originalUrl,
      query: req.query,
      body: req.body,
      verified: req.user?.isVerified(),
    })
  }
  function declare(host: Express, auth: Auth): void {
    for (const [name, requirement] of Object.entries(requirements)) {
      host.get(`/${name}`, requires(auth, requirement), act)
      host.post(`/${name}`, requires(auth, requirement), express.urlencoded(), act)
    }
    const fresh = requires(auth, requirements.fresh)
    host.put('/fresh', fresh, act)
    host.post('/read-before', (req, _res, next) => void req.resume().once('end', next), fresh, act)
    host.post('/parsed-before', express.urlencoded({ extended: true }), fresh, act)
    host.use('/below', Router().post('/form/:id', fresh, express.urlencoded(), act))
  }
  return { act, declare, timesDone: (path: string) => done.filter((each) => each.path === path).length }
}

/** Users of the site that `current` returns, which is started before the tests. */
export function peopleAt(current: () => TestSite) {
  return {
    person: (traits: TestUserTraits = {}) => createTestUser(current(), { backupTokens: 4, ...traits }),
    /** Signed in by the app, two minutes ago. */
    async stale(who: TestUser) {
      const browser = await signIn(current(), who)
      current().clock.advance(120)
      return browser
    },
  }
}

export const errorOf = ({ text }: HttpResponse) => JSON.parse(text).error
export const wayTo = (address: string, page = VERIFY) => `${page}?next=${encodeURIComponent(address)}`
export const backup = (who: TestUser, index: number) => ({
  otp_device: who.backup?.persistentId ?? '',
  otp_token: who.backupTokens[index] ?? '',
})
export const app = (who: TestUser) => ({ otp_device: who.app?.persistentId ?? '', otp_token: who.code() })
