import { beforeAll, describe, expect, it } from 'vitest'
import { addPhone } from '../support/challenges.js'
import { addToNewGroup } from '../support/groups.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import { addSoftwareKey } from '../support/webauthn.js'
import { arrive, daysIn, policySites, PROFILE, SETUP, setupFor } from '../support/policy-sites.js'

const { openSite } = policySites()

describe('a group', () => {
  let site: TestSite
  beforeAll(async () => void (site = await openSite({ OTP_POLICY: 'off', BASE_URL: 'http://localhost:0' })))

  it('applies to its members and nobody else', async () => {
    const [member, other] = [await createTestUser(site, { app: false }), await createTestUser(site, { app: false })]
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'everyone' })
    expect((await (await arrive(site, member)).get(PROFILE)).location).toBe(setupFor(PROFILE))
    expect((await (await arrive(site, other)).get(PROFILE)).status).toBe(200)
  })

  it('exempts its members if its policy says so', async () => {
    const everyone = await openSite({ OTP_POLICY: 'everyone' })
    const member = await createTestUser(everyone, { app: false })
    await addToNewGroup(everyone.database, [member.id], { otpPolicy: 'off' })
    expect((await (await arrive(everyone, member)).get(PROFILE)).status).toBe(200)
  })

  it('with its own grace period counts its own days', async () => {
    const member = await createTestUser(site, { app: false })
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', graceDays: 5 })
    expect(daysIn((await (await arrive(site, member)).get(PROFILE)).text)).toBe('5')
  })

  it('that requires security keys redirects a user with an app to adding a key, and offers nothing else', async () => {
    const member = await createTestUser(site)
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', kinds: ['webauthn'] })
    const browser = await signIn(site, member)
    expect(await browser.get('/admin')).toMatchObject({ status: 302, location: setupFor('/admin') })
    expect((await browser.get('/admin/api/dashboard')).code).toBe('enrolment_required')
    const choice = await browser.get(`${SETUP}?step=method`)
    expect([...choice.text.matchAll(/name="method" value="(\w+)"/g)].map(([, name]) => name)).toEqual(['webauthn'])
    expect(choice.text).toContain('Security key')
    expect((await browser.post(SETUP, { method: 'totp' })).code).toBe('method_not_offered')
    expect((await browser.get('/account/two-factor/security-keys/add')).status).toBe(200)
  })

  it('that requires security keys asks a user who has one for it, and accepts no other token', async () => {
    const member = await createTestUser(site)
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', kinds: ['webauthn'] })
    await addSoftwareKey(site.otp, member.id)
    const browser = await signIn(site, member)
    const led = await browser.get('/admin')
    expect(led.location).toBe('/account/verify?next=%2Fadmin&kinds=webauthn')
    site.clock.advance(30)
    await browser.post(led.location ?? '', {
      next: '/admin',
      otp_device: member.app?.persistentId ?? '',
      otp_token: member.code(),
    })
    expect((await browser.get('/admin')).status).toBe(302)
    const program = await browser.get('/admin/api/dashboard')
    expect(JSON.parse(program.text).error).toMatchObject({
      code: 'step_up_required',
      missing: { reason: 'not_verified', kinds: ['webauthn'] },
    })
  })

  it('lets a member work during its grace period, and counts down in the panel, too', async () => {
    const member = await createTestUser(site)
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', kinds: ['webauthn'], graceDays: 7 })
    const { status, text } = await (await signIn(site, member)).get('/admin')
    expect(status).toBe(200)
    const session = JSON.parse(/id="panel-user">([^<]*)</.exec(text)?.[1] ?? '{}')
    expect(session.due.text).toMatch(/7 days left.*Security key/)
  })
})

describe('the last accepted device', () => {
  let site: TestSite
  beforeAll(async () => void (site = await openSite({ BASE_URL: 'http://localhost:0' })))

  it('cannot be removed while no other device is accepted, and can once a second one is', async () => {
    const member = await createTestUser(site, { backupTokens: 1 })
    await addToNewGroup(site.database, [member.id], { kinds: ['totp', 'webauthn'] })
    const phone = await addPhone(site.otp, member.id)
    const browser = await signIn(site, member)
    const remove = (id: string) => browser.post(`${PROFILE}/devices/${id}/remove`)
    expect(await remove(member.app?.persistentId ?? '')).toMatchObject({ status: 422, code: 'policy' })
    expect((await remove(phone.persistentId)).status).toBe(303)
    await addSoftwareKey(site.otp, member.id)
    expect((await remove(member.app?.persistentId ?? '')).status).toBe(303)
  })

  it('cannot be removed by turning two-factor authentication off if a group requires it', async () => {
    const member = await createTestUser(site, { staff: false })
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'everyone' })
    const browser = await signIn(site, member)
    expect(await browser.post(`${PROFILE}/disable`, { confirm: 'yes' })).toMatchObject({ status: 422, code: 'policy' })
  })
})
