import type { ParsedMail } from 'mailparser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { type DeliveringSite, startDeliveringJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { type SmtpServer } from '../support/smtp-server.js'

const key = Buffer.from('d2e8a68036f68960b1c30532bb6c56da5934d879', 'hex')

describe('security emails', () => {
  let database: Database
  let site: DeliveringSite
  let smtp: SmtpServer
  beforeAll(async () => {
    site = await startDeliveringJourney()
    database = site.database
    smtp = site.smtp
  })
  afterAll(() => site.close())
  const mailsTo = (address: string) => smtp.seen.filter((mail) => JSON.stringify(mail.to).includes(address))
  const subjects = (address: string) => mailsTo(address).map((mail) => mail.subject?.replace('Night Desk: ', ''))
  const expectFacts = (mail: ParsedMail, ...facts: string[]) => {
    for (const body of [mail.text ?? '', String(mail.html)])
      for (const fact of facts) expect(body.replace(/\s+/g, ' ')).toContain(fact)
  }
  /** Does something, and waits for the email that it causes. */
  const mailOf = async (address: string, act: () => Promise<unknown>) => {
    const arrival = smtp.arrival(address)
    await act()
    return arrival
  }
  const firefox = 'Firefox 139 on Linux'
  const tries = async (person: TestUser, count: number) => {
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    for (let index = 0; index < count; index += 1) {
      await browser.post('/account/login', { otp_token: '000000' })
      site.clock.advance(40)
    }
  }
  const addSecond = (person: TestUser) =>
    database.sequelize.transaction((transaction) =>
      addTotpDevice(site.otp, transaction, { user: person, name: 'Second', secret: key, confirmed: true }),
    )

  it('notifies about an added device, with its name and kind', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const added = await browser.post('/account/two-factor/hardware-tokens/add', {
      name: 'Blue',
      key: key.toString('hex'),
    })
    const mail = await mailOf(person.email, () =>
      browser.post(added.location ?? '', { otp_token: generateHotp(key, 0, 6) }),
    )
    expect(mail.subject).toBe('Night Desk: a device was added')
    expectFacts(mail, 'Blue (Hardware token)', firefox, '127.0.0.1', `${site.baseUrl}/account/two-factor/sessions`)
    expect(mail.text).not.toContain(generateHotp(key, 0, 6))
  })

  it('notifies about a removed device', async () => {
    const person = await createTestUser(site)
    const { device } = await addSecond(person)
    const browser = await signIn(site, person)
    const mail = await mailOf(person.email, () =>
      browser.post(`/account/two-factor/devices/${device.persistentId}/remove`),
    )
    expect(mail.subject).toBe('Night Desk: a device was removed')
    expectFacts(mail, 'Second (Authenticator app)', 'was removed from your Night Desk account')
  })

  it('notifies about a device disabled by wrong codes, without the IP address of the sender', async () => {
    const person = await createTestUser(site)
    await database.pool.query('update totp_devices set failure_count = 99, failed_at = null where user_id = $1', [
      person.id,
    ])
    const mail = await mailOf(person.email, () => tries(person, 1))
    expect(mail.subject).toBe('Night Desk: a device was disabled')
    expectFacts(mail, 'after 100 wrong codes in a row', 'App (Authenticator app)', 'ask an administrator')
    expect(mail.text).not.toContain(firefox)
  })

  it('notifies about the third wrong code within a quarter of an hour, at most once an hour', async () => {
    const person = await createTestUser(site)
    await tries(person, 2)
    expect(subjects(person.email)).toEqual([])
    const mail = await mailOf(person.email, () => tries(person, 1))
    expect(mail.subject).toBe('Night Desk: failed sign-in attempts on your account')
    expectFacts(mail, firefox, '127.0.0.1')
    await tries(person, 2)
    const later = await mailOf(person.email, async () => {
      site.clock.advance(3600)
      await database.pool.query('update totp_devices set failure_count = 0 where user_id = $1', [person.id])
      await tries(person, 3)
    })
    expect(later.subject).toBe(mail.subject)
    expect(subjects(person.email)).toHaveLength(2)
  })

  it("notifies about wrong codes from elsewhere, even right after an email about the owner's own", async () => {
    const person = await createTestUser(site)
    const owner = await signIn(site, person)
    const own = await mailOf(person.email, async () => {
      for (let index = 0; index < 3; index += 1) {
        await owner.post('/account/verify', { otp_device: person.app?.persistentId ?? '', otp_token: '000000' })
        site.clock.advance(40)
      }
    })
    const other = await mailOf(person.email, () => tries(person, 3))
    expect(other.subject).toBe(own.subject)
    await tries(person, 1)
    expect(subjects(person.email)).toHaveLength(2)
  })

  it('notifies about wrong codes even if the last email was recorded by a clock that was ahead', async () => {
    const person = await createTestUser(site)
    const ahead = new Date(site.clock.now().getTime() + 365 * 24 * 3600_000)
    await database.pool.query('update users set warned_at = $2 where id = $1', [person.id, ahead])
    const mail = await mailOf(person.email, () => tries(person, 3))
    expect(mail.subject).toContain('failed sign-in attempts')
  })

  it('sends no email for wrong codes that are far apart', async () => {
    const person = await createTestUser(site)
    for (let index = 0; index < 3; index += 1) {
      await tries(person, 1)
      site.clock.advance(600)
    }
    const marker = await mailOf(person.email, () => tries(person, 2))
    expect(marker.subject).toContain('failed sign-in attempts')
    expect(subjects(person.email)).toHaveLength(1)
  })

  it('notifies about a sign-in from a new browser, but not from the first one or a known one', async () => {
    const person = await createTestUser(site)
    const first = await signIn(site, person)
    await first.post('/account/logout')
    await signIn(site, person, first)
    expect(subjects(person.email)).toEqual([])
    const second = site.browser('Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0')
    const mail = await mailOf(person.email, () => signIn(site, person, second))
    expect(mail.subject).toBe('Night Desk: sign-in from a new browser')
    expectFacts(mail, 'Firefox 140 on macOS')
    await second.post('/account/logout')
    await signIn(site, person, second)
    const third = await mailOf(person.email, () => signIn(site, person))
    expect(third.subject).toBe(mail.subject)
    expect(subjects(person.email)).toHaveLength(2)
  })

  it('recognises a browser by a cookie that opens nothing and is stored as a hash', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const cookie = browser.cookies.get('otp_browser') ?? ''
    expect(cookie).toMatch(/^[\w-]{43}$/)
    const { rows } = await database.pool.query('select token_hash from known_browsers where user_id = $1', [person.id])
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(cookie)
    const thief = site.browser()
    thief.cookies.set('otp_browser', cookie)
    expect((await thief.get('/admin')).status).toBe(302)
  })

  it('recognises one browser of two people for each of them separately', async () => {
    const one = await createTestUser(site)
    const other = await createTestUser(site)
    await signIn(site, other)
    const browser = await signIn(site, one)
    const mail = await mailOf(other.email, () => signIn(site, other, browser))
    expect(mail.subject).toContain('new browser')
    expect(subjects(one.email)).toEqual([])
  })

  it('notifies about the last backup token, with more urgency', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    const [token = ''] = person.backupTokens
    const mail = await mailOf(person.email, () =>
      site.browser().post('/account/login', { username: person.email, password: person.password, otp_token: token }),
    )
    expect(mail.subject).toBe('Night Desk: your last backup token was used')
    expectFacts(mail, 'You have none left', 'Generate a new set of backup tokens now')
    expect(mail.text).toContain('Backup tokens left: 0')
  })

  it('notifies about ended sessions', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const mail = await mailOf(person.email, () => browser.post('/account/two-factor/sessions/others'))
    expect(mail.subject).toBe('Night Desk: your sessions were ended')
  })

  it('notifies about a changed password', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const form = { password: person.password, new_password: 'a rather new pass phrase' }
    const mail = await mailOf(person.email, () => browser.post('/account/password/change', form))
    expect(mail.subject).toBe('Night Desk: your password was changed')
    for (const body of [mail.text ?? '', String(mail.html)])
      for (const password of Object.values(form)) expect(body).not.toContain(password)
  })

  it("writes in the person's language if there is a translation", async () => {
    const person = await createTestUser(site)
    await database.pool.query(`update users set locale = 'de' where id = $1`, [person.id])
    const browser = await signIn(site, person)
    const mail = await mailOf(person.email, () => browser.post('/account/two-factor/sessions/others'))
    expect(String(mail.html)).toContain('<html lang="de">')
    const strange = await createTestUser(site)
    await database.pool.query(`update users set locale = 'tlh' where id = $1`, [strange.id])
    const other = await signIn(site, strange)
    const english = await mailOf(strange.email, () => other.post('/account/two-factor/sessions/others'))
    expect(english.subject).toBe('Night Desk: your sessions were ended')
  })

  it('sends no email if the event is rolled back', async () => {
    const person = await createTestUser(site)
    const { device } = await addSecond(person)
    const browser = await signIn(site, person)
    const end = site.otp.events.on('deviceRemoved', () => {
      throw new Error('undone')
    })
    expect((await browser.post(`/account/two-factor/devices/${device.persistentId}/remove`)).status).toBe(500)
    end()
    const marker = await mailOf(person.email, () => browser.post('/account/two-factor/sessions/others'))
    expect(marker.subject).toContain('sessions')
    expect(subjects(person.email)).toHaveLength(1)
  })
})
