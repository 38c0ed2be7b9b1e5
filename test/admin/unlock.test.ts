import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { addPhone } from '../support/challenges.js'
import { signIn, type TestUser } from '../support/site.js'
import { findGroup, signInAs } from './group-site.js'
import { callAction, recordOf, showRecord, usePanelSite } from './panel-site.js'

const site = usePanelSite()
const login = '/account/login'

const enter = async (person: TestUser, browser = site().browser()) => {
  await browser.post(login, { username: person.email, password: person.password })
  return browser
}

/** Ten wrong codes from elsewhere: the account is locked, and its device is throttled. */
const lock = async (person: TestUser) => {
  for (let failures = 0; failures < 10; failures += 1) {
    const form = { otp_device: person.app?.persistentId ?? '', otp_token: '000000' }
    expect((await (await enter(person)).post(login, form)).code).toBe('invalid_token')
    if (failures < 9) site().clock.advance(2 ** failures)
  }
  expect((await (await enter(person)).post(login, { otp_token: person.code() })).status).toBe(429)
}

async function eventsOf(userId: number) {
  const rows = await site().database.models.AuditEvent.findAll({ where: { user_id: userId }, order: [['id', 'ASC']] })
  return rows.map(({ event, actor_id, details }) => ({ event, actor_id, details }))
}
const unlocked = (actorId: number) => ({ event: 'user_unlocked', actor_id: actorId, details: { by: 'administrator' } })
const secretOf = (answer: HttpResponse) =>
  z.object({ given: z.object({ secret: z.string() }) }).parse(JSON.parse(answer.text)).given.secret
const paramsFor = async (browser: HttpBrowser, table: string, id: number) =>
  recordOf(await showRecord(browser, table, id)).params

let person: TestUser
let staffId: number

beforeEach(async () => {
  person = await site().person({ backupTokens: 1 })
  staffId = site().staffPerson.id
})

describe('a locked user', () => {
  it('signs in at once after Unlock, with the same device', async () => {
    await lock(person)
    expect((await callAction(site().staff, 'users', person.id, 'unlock')).status).toBe(200)
    const alice = await enter(person)
    expect((await alice.post(login, { otp_token: person.code() })).status).toBe(303)
    expect(await eventsOf(person.id)).toContainEqual(unlocked(staffId))
  })

  it('signs in at once with an issued backup token, and with codes', async () => {
    await lock(person)
    const token = secretOf(await callAction(site().staff, 'users', person.id, 'giveBackupToken'))
    const form = { otp_device: person.backup?.persistentId ?? '', otp_token: token }
    expect((await (await enter(person)).post(login, form)).status).toBe(303)
    expect((await (await enter(person)).post(login, { otp_token: person.code() })).status).toBe(303)
    expect(await eventsOf(person.id)).toContainEqual(unlocked(staffId))
  })

  it('sets up a new device at once after a reset', async () => {
    await lock(person)
    await callAction(site().staff, 'users', person.id, 'resetSecondFactor')
    const alice = await enter(person)
    await alice.post('/account/two-factor/setup', { method: 'totp' })
    expect((await alice.get('/account/two-factor/setup')).text).toContain('otpauth://')
    expect(await eventsOf(person.id)).toContainEqual(unlocked(staffId))
    const { rows } = await site().database.pool.query(
      'select token_failed_at, token_failures from users where id = $1',
      [person.id],
    )
    expect(rows).toEqual([{ token_failed_at: [], token_failures: {} }])
  })

  it('signs in at once after an invitation', async () => {
    await lock(person)
    await callAction(site().staff, 'users', person.id, 'invite', { deliver: 'page' })
    expect((await (await enter(person)).post(login, { otp_token: person.code() })).status).toBe(303)
    expect(await eventsOf(person.id)).toContainEqual(unlocked(staffId))
  })

  it('stays locked if the help is rolled back or rejected', async () => {
    await lock(person)
    const auditor = await signInAs(site(), 'Auditors')
    expect((await callAction(auditor.browser, 'users', person.id, 'unlock')).status).toBe(403)
    expect((await callAction(site().staff, 'users', person.id, 'invite', { deliver: 'pigeon' })).status).toBe(400)
    expect((await (await enter(person)).post(login, { otp_token: person.code() })).status).toBe(429)
  })

  it('can be sent a code again at once', async () => {
    const phone = await addPhone(site().otp, person.id)
    await site().database.pool.query(
      'update phone_devices set challenged_at = $2, failure_count = 7, failed_at = $2 where id = $1',
      [phone.id, site().clock.now()],
    )
    await callAction(site().staff, 'users', person.id, 'unlock')
    const { rows } = await site().database.pool.query(
      'select challenged_at, failure_count, failed_at from phone_devices where id = $1',
      [phone.id],
    )
    expect(rows).toEqual([{ challenged_at: null, failure_count: 0, failed_at: null }])
  })
})

describe('unlocking', () => {
  it('is rejected for a deactivated user', async () => {
    const inactive = await site().person({ active: false })
    const answer = await callAction(site().staff, 'users', inactive.id, 'unlock')
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
  })

  it('does not enable a device that 100 failures disabled', async () => {
    await site().database.pool.query(
      'update totp_devices set failure_count = 100, confirmed = false where user_id = $1',
      [person.id],
    )
    await callAction(site().staff, 'users', person.id, 'unlock')
    const { rows } = await site().database.pool.query(
      'select confirmed, failure_count from totp_devices where user_id = $1',
      [person.id],
    )
    expect(rows).toEqual([{ confirmed: false, failure_count: 100 }])
  })

  it('adds no event if nobody was locked', async () => {
    await callAction(site().staff, 'users', person.id, 'unlock')
    expect(await eventsOf(person.id)).toEqual([])
  })

  it('changes nothing for anyone else', async () => {
    const other = await site().person()
    await lock(other)
    await callAction(site().staff, 'users', person.id, 'unlock')
    expect((await (await enter(other)).post(login, { otp_token: other.code() })).status).toBe(429)
  })
})

describe('the pages of the panel', () => {
  it('show how long a user is locked and which devices are throttled, to those who can help', async () => {
    expect(await paramsFor(site().staff, 'users', person.id)).toMatchObject({ locked_until: null, throttled: [] })
    await lock(person)
    const now = site().clock.now().getTime()
    // The first of the ten failures is 511 seconds old, and the tenth throttles the device for 512.
    expect(await paramsFor(site().staff, 'users', person.id)).toMatchObject({
      locked_until: new Date(now + 389_000).toISOString(),
      throttled: [{ device: person.app?.persistentId, name: 'App', until: new Date(now + 512_000).toISOString() }],
    })
    expect(await paramsFor(site().staff, 'totp_devices', person.app?.id ?? 0)).toMatchObject({
      throttled_until: new Date(now + 512_000).toISOString(),
    })
    site().clock.advance(600)
    expect(await paramsFor(site().staff, 'users', person.id)).toMatchObject({ locked_until: null, throttled: [] })
  })

  it('name no device to a helper who cannot view devices of that kind', async () => {
    const ordinary = await site().person({ groups: [] })
    await lock(ordinary)
    const namesFor = async (name: string, permissions: readonly string[]) => {
      await findGroup(site(), name, permissions)
      const browser = await signIn(site(), await site().person({ groups: [name] }))
      const params = await paramsFor(browser, 'users', ordinary.id)
      expect(params['locked_until']).toEqual(expect.any(String))
      return /"App"|totp/.test(JSON.stringify(params))
    }
    expect(await namesFor('helps blindly', ['users.view', 'users.unlock'])).toBe(false)
    expect(await namesFor('helps with keys', ['users.view', 'users.unlock', 'webauthn_devices.view'])).toBe(false)
    expect(await namesFor('helps with apps', ['users.view', 'users.unlock', 'totp_devices.view'])).toBe(true)
  })

  it('hide it from anyone who cannot help that user', async () => {
    await lock(person)
    const auditor = await signInAs(site(), 'Auditors')
    const params = await paramsFor(auditor.browser, 'users', person.id)
    expect(Object.keys(params)).not.toEqual(expect.arrayContaining(['locked_until']))
    const device = await paramsFor(auditor.browser, 'totp_devices', person.app?.id ?? 0)
    expect(Object.keys(device)).not.toEqual(expect.arrayContaining(['throttled_until']))
    const above = await site().person({ superuser: true })
    expect(Object.keys(await paramsFor(site().staff, 'users', above.id))).not.toContain('locked_until')
  })

  it('show a wait that was stored by a wrong clock as no longer than it can be', async () => {
    await site().database.pool.query(
      `update users set token_failed_at = array_fill($2::timestamptz, array[10]) where id = $1`,
      [person.id, new Date(site().clock.now().getTime() + 86_400_000)],
    )
    const until = new Date(site().clock.now().getTime() + 900_000).toISOString()
    expect(await paramsFor(site().staff, 'users', person.id)).toMatchObject({ locked_until: until })
  })
})
