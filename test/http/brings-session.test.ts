import { sign } from 'cookie-signature'
import { describe, expect, it } from 'vitest'
import { hasSignedSessionCookie, sessionCookieName } from '../../src/http/sessions/sessions.js'

const secrets = ['newest', 'older']
const signed = (secret: string, id = 'abc') => encodeURIComponent(`s:${sign(id, secret)}`)
const isSigned = (cookie: string | undefined, https = false) =>
  hasSignedSessionCookie({ headers: cookie === undefined ? {} : { cookie } }, { https, secrets })

describe('a session cookie', () => {
  it.each([
    ['signed with the newest key', `otp_session=${signed('newest')}`],
    ['signed with an older key', `otp_session=${signed('older')}`],
    ['among others', `a=1; otp_session=${signed('newest')}; b=2`],
    ['in quotes, without a space before it', `a=1;otp_session="${signed('newest')}"`],
  ])('is recognised if it is %s', (_what, cookie) => {
    expect(isSigned(cookie)).toBe(true)
  })

  it.each([
    ['there is none', undefined],
    ['the header is empty', ''],
    ['it is empty', 'otp_session='],
    ['it has no signature', 'otp_session=s%3Aabc'],
    ['it is not marked as signed', `otp_session=${encodeURIComponent(sign('abc', 'newest'))}`],
    ['its signature is made up', 'otp_session=s%3Aabc.made%2Bup'],
    ['it was signed with an unknown key', `otp_session=${signed('removed')}`],
    ['the ID was changed', `otp_session=${signed('newest').replace('abc', 'abd')}`],
    ['only the end of its name matches', `not_otp_session=${signed('newest')}`],
    ['it is part of another value', `a="otp_session=${signed('newest')}"`],
    ['it cannot be decoded', 'otp_session=%E0%A4%A'],
  ])('is rejected if %s', (_what, cookie) => {
    expect(isSigned(cookie)).toBe(false)
  })

  it('has a different name over https, where the plain name is not accepted', () => {
    expect(isSigned(`${sessionCookieName(true)}=${signed('newest')}`, true)).toBe(true)
    expect(isSigned(`otp_session=${signed('newest')}`, true)).toBe(false)
  })
})
