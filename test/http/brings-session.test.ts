import { sign } from 'cookie-signature'
import { describe, expect, it } from 'vitest'
import { hasSignedSessionCookie, sessionCookieName } from '../../src/http/sessions.js'

const secrets = ['newest', 'older']
const signed = (secret: string, id = 'abc') => encodeURIComponent(`s:${sign(id, secret)}`)
const brings = (cookie: string | undefined, https = false) =>
  hasSignedSessionCookie({ headers: cookie === undefined ? {} : { cookie } }, { https, secrets })

describe('a session cookie', () => {
  it.each([
    ['signed with the newest key', `otp_session=${signed('newest')}`],
    ['signed with an older key', `otp_session=${signed('older')}`],
    ['among others', `a=1; otp_session=${signed('newest')}; b=2`],
    ['in quotes, without a space before it', `a=1;otp_session="${signed('newest')}"`],
  ])('is recognised if it is %s', (_what, cookie) => {
    expect(brings(cookie)).toBe(true)
  })

  it.each([
    ['there is none', undefined],
    ['the header is empty', ''],
    ['it is empty', 'otp_session='],
    ['it has no signature', 'otp_session=s%3Aabc'],
    ['it is not marked as signed', `otp_session=${encodeURIComponent(sign('abc', 'newest'))}`],
    ['somebody made the signature up', 'otp_session=s%3Aabc.made%2Bup'],
    ['its key is none of ours', `otp_session=${signed('removed')}`],
    ['the id was changed', `otp_session=${signed('newest').replace('abc', 'abd')}`],
    ['its name only ends like ours', `not_otp_session=${signed('newest')}`],
    ['it stands in the value of another', `a="otp_session=${signed('newest')}"`],
    ['it cannot be decoded', 'otp_session=%E0%A4%A'],
  ])("is not the site's if %s", (_what, cookie) => {
    expect(brings(cookie)).toBe(false)
  })

  it('has another name if the site uses https, and the plain one is not accepted for it', () => {
    expect(brings(`${sessionCookieName(true)}=${signed('newest')}`, true)).toBe(true)
    expect(brings(`otp_session=${signed('newest')}`, true)).toBe(false)
  })
})
