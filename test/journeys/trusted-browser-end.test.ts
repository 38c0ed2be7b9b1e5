import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { recordAddedDevice } from '../../src/cli/record-added-device.js'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateBackupTokens } from '../../src/kinds/static/generate.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { noClient } from '../../src/client-info.js'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { TRUSTED_COOKIE, trustedBrowserSteps } from '../support/trusted-browsers.js'
import { addEmail } from '../support/challenges.js'
import { testConfig } from '../support/config.js'
import { openTestDatabase } from '../support/database.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'
const DAY = 24 * 3600

describe('trusted browsers', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { TRUST_BROWSER_DAYS: '30' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const { comeBack, enter, eventsOf, rowsOf, trust } = trustedBrowserSteps(() => site)
  const secretOn = ({ text }: HttpResponse) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''

  describe('trust in a browser', () => {
    it('is not possible with a backup token', async () => {
      const person = await createTestUser(site, { backupTokens: 1 })
      const browser = site.browser()
      await enter(browser, person)
      const form = { otp_device: person.backup?.persistentId ?? '', otp_token: person.backupTokens[0] ?? '' }
      expect((await browser.post(login, { ...form, trust_browser: 'on' })).status).toBe(303)
      expect(browser.cookies.has(TRUSTED_COOKIE)).toBe(false)
      const refused = await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      expect(refused).toMatchObject({ status: 422, code: 'policy' })
      expect(refused.text).toContain('can&#39;t be trusted for your account')
      expect(await rowsOf(person)).toEqual([])
    })

    it('is not possible on a strict site, and earlier trust does not apply', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      const strict = await startTestSite(database, { OTP_POLICY: 'strict' })
      strict.clock.set(site.clock.now())
      const visitor = strict.browser()
      for (const [name, value] of browser.cookies) visitor.cookies.set(name, value)
      expect((await visitor.get('/admin')).location).toMatch(/^\/account\/login/)
      visitor.cookies.delete('otp_session')
      expect((await visitor.post(login, { username: person.email, password: person.password })).location).toBe(login)
      expect((await visitor.get(login)).text).not.toContain('trust_browser')
      strict.clock.advance(30)
      site.clock.advance(30)
      await visitor.post(login, { otp_token: person.code(), trust_browser: 'on' })
      expect(await rowsOf(person)).toHaveLength(1)
      expect((await visitor.get(profile)).text).not.toContain('/browsers/')
      await strict.close()
    })

    it('is not possible for a member of a strict group', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      const { rows } = await database.pool.query(
        `insert into groups (name, otp_policy) values ('strict ' || $1, 'strict') returning id`,
        [person.id],
      )
      await database.pool.query('insert into user_groups (user_id, group_id) values ($1, $2)', [person.id, rows[0].id])
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
      expect((await comeBack(browser, person)).location).toBe(login)
      expect((await browser.get(login)).text).not.toContain('trust_browser')
    })

    it('is not possible if it is turned off, which is the default', async () => {
      const off = await startTestSite(database)
      const person = await createTestUser(off)
      const browser = off.browser()
      await browser.post(login, { username: person.email, password: person.password })
      expect((await browser.get(login)).text).not.toContain('trust_browser')
      await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      expect(browser.cookies.has(TRUSTED_COOKIE)).toBe(false)
      expect(await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).toMatchObject({
        status: 422,
        code: 'policy',
      })
      expect(await rowsOf(person)).toEqual([])
      await off.close()
    })

    it('does not last if its device is of a kind that is turned off', async () => {
      const person = await createTestUser(site)
      await addEmail(site.otp, person.id)
      const browser = await trust(person)
      await database.pool.query(
        `update trusted_browsers set device = (select 'email/' || id from email_devices where user_id = $1) where user_id = $1`,
        [person.id],
      )
      expect((await comeBack(browser, person)).location).toBe(login)
    })
  })

  describe('trust ends', () => {
    const fresh = 'quite another passphrase'
    const boss = async () => signIn(site, await createTestUser(site, { superuser: true }))
    const act = (browser: HttpBrowser, table: string, id: number | undefined, action: string, form = {}) =>
      browser.post(`/admin/api/resources/${table}/records/${id}/${action}`, form)

    /** Some emails are made after the response. */
    const linkTo = (address: string, name: string) =>
      vi.waitFor(async () => {
        const mail = (await queuedEmailsTo(database, address)).find((each) => each.mail === name)
        if (!mail || !('link' in mail)) throw new Error(`There is no ${name} yet.`)
        return new URL(mail.link).pathname
      }, 100_000)

    const ways: Record<string, (person: TestUser) => Promise<unknown>> = {
      'with a changed password': async (person) =>
        (await signIn(site, person)).post('/account/password/change', {
          password: person.password,
          new_password: fresh,
        }),
      'with a new password set by a link': async (person) => {
        await site.browser().post('/account/password/forgot', { username: person.email })
        return site.browser().post(await linkTo(person.email, 'password-reset'), { password: fresh })
      },
      'with a changed email address': async (person) => {
        const email = `new.${person.email}`
        await (await signIn(site, person)).post('/account/email', { email, password: person.password })
        return site.browser().post(await linkTo(email, 'email-confirmation'))
      },
      'with an added device': async (person) => {
        const browser = await signIn(site, person)
        await browser.post(`${profile}/setup`, { method: 'totp' })
        const secret = secretOn(await browser.get(`${profile}/setup`))
        return browser.post(`${profile}/setup`, { otp_token: appCode(secret, site.clock.now()) })
      },
      'with a device added on the command line': (person) =>
        database.sequelize.transaction(async (transaction) => {
          const adding = { otp: site.otp, config: testConfig({}), transaction, user: person }
          await recordAddedDevice(adding, async () => {
            const added = await addTotpDevice(site.otp, transaction, { user: person, name: 'Second', confirmed: true })
            return { device: added.device, line: added.uri }
          })
        }),
      'with a device removed by its owner': async (person) =>
        (await signIn(site, person)).post(`${profile}/devices/${person.app?.persistentId}/remove`),
      'with two-factor authentication turned off by the owner': async (person) =>
        (await signIn(site, person)).post(`${profile}/disable`, { confirm: 'yes' }),
      'with two-factor authentication turned off on the command line': (person) =>
        database.sequelize.transaction((transaction) =>
          removeAllDevices(site.otp, transaction, {
            userId: person.id,
            client: noClient,
            by: 'command_line',
            actorId: null,
          }),
        ),
      'with a device disabled by an administrator': async (person) =>
        act(await boss(), 'totp_devices', person.app?.id, 'edit', { confirmed: 'false' }),
      'with a device deleted by an administrator': async (person) =>
        act(await boss(), 'totp_devices', person.app?.id, 'delete'),
      'with a reset by an administrator': async (person) => act(await boss(), 'users', person.id, 'resetSecondFactor'),
      'with sessions ended by an administrator': async (person) => act(await boss(), 'users', person.id, 'endSessions'),
      'with a deactivated account': async (person) =>
        act(await boss(), 'users', person.id, 'edit', { is_active: 'false' }),
      'with all sessions': async (person) => (await signIn(site, person)).post(`${profile}/sessions`),
      'with a device disabled after 100 wrong codes': async (person) => {
        await database.pool.query(`update totp_devices set failure_count = 99 where user_id = $1`, [person.id])
        const browser = site.browser()
        await enter(browser, person)
        return browser.post(login, { otp_token: '000000' })
      },
      'with a password changed by SQL': async (person) => {
        await database.pool.query(`update users set password_hash = password_hash || ' ' where id = $1`, [person.id])
      },
      'with an email address changed by SQL outside the search path': async (person) => {
        const byHand = `update public.users set email = 'by.hand.' || email where id = ${person.id}`
        await database.pool.query(`begin; set local search_path = pg_catalog; ${byHand}; commit`)
      },
    }

    it.each(Object.keys(ways))('%s', async (way) => {
      const person = await createTestUser(site, { staff: false })
      const browser = await trust(person)
      await comeBack(browser, person)
      expect(await rowsOf(person)).toHaveLength(1)
      await ways[way]?.(person)
      expect(await rowsOf(person)).toEqual([])
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
    })

    it('but not with a new set of backup tokens, another name, or a device that was never confirmed', async () => {
      const person = await createTestUser(site, { backupTokens: 1, staff: false })
      const browser = await trust(person)
      await database.sequelize.transaction((transaction) => generateBackupTokens(site.otp, transaction, person.id))
      await (await signIn(site, person)).post(`${profile}/devices/${person.app?.persistentId}/rename`, { name: 'New' })
      await database.sequelize.transaction((transaction) =>
        addTotpDevice(site.otp, transaction, { user: person, name: 'Half done', confirmed: false }),
      )
      expect((await comeBack(browser, person)).location).toBe(profile)
    })
  })

  describe('the list', () => {
    it('shows which browser, from where, since when and until when, and marks this one', async () => {
      const person = await createTestUser(site, { staff: false })
      const browser = await trust(person)
      await trust(
        person,
        site.browser(
          'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
        ),
      )
      const page = (await browser.get(profile)).text.split('Trusted browsers')[1] ?? ''
      expect(page).toMatch(/Firefox 139 on Linux[^]*This browser[^]*Safari 18 on macOS/)
      expect(page).toContain('127.0.0.1')
      expect(page).toMatch(/Trusted since [^<]*2026[^<]*UTC/)
      expect(page.match(/This browser/g)).toHaveLength(1)
    })

    it('revokes one, and the verification of its sessions', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      const elsewhere = await trust(person)
      const [{ id }] = await rowsOf(person)
      expect(await elsewhere.post(`${profile}/browsers/end`, { browser: String(id) })).toMatchObject({
        status: 303,
        location: `${profile}?done=browsers_ended`,
      })
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
      expect((await elsewhere.get('/admin')).status).toBe(200)
      expect((await eventsOf(person)).at(-1)).toMatchObject({ event: 'trusted_browser_revoked' })
      // Within a few seconds the same form would count as the one that was sent before.
      site.clock.advance(20)
      expect(await elsewhere.post(`${profile}/browsers/end`, { browser: String(id) })).toMatchObject({ status: 404 })
    })

    it('revokes all of them', async () => {
      const person = await createTestUser(site)
      const [one, other] = [await trust(person), await trust(person)]
      expect((await one.post(`${profile}/browsers/end-all`)).status).toBe(303)
      expect(await rowsOf(person)).toEqual([])
      expect((await comeBack(one, person)).location).toBe(login)
      expect((await comeBack(other, person)).location).toBe(login)
    })

    it('keeps a session verified in which a token was entered since', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      site.clock.advance(30)
      await browser.post('/account/verify', { otp_token: person.code() })
      await browser.post(`${profile}/browsers/end-all`)
      expect((await browser.get('/admin')).status).toBe(200)
    })

    it.each(['', '0', 'x', '-1', '2147483648', "1' or '1'='1"])('revokes nothing for the ID %j', async (id) => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      expect((await browser.post(`${profile}/browsers/end`, { browser: id })).status).toBeGreaterThanOrEqual(400)
      expect(await rowsOf(person)).toHaveLength(1)
    })

    it("does not revoke another user's", async () => {
      const [one, other] = [await createTestUser(site), await createTestUser(site)]
      await trust(one)
      const [{ id }] = await rowsOf(one)
      const browser = await trust(other)
      expect((await browser.post(`${profile}/browsers/end`, { browser: String(id) })).status).toBe(404)
      await browser.post(`${profile}/browsers/end-all`)
      expect(await rowsOf(one)).toHaveLength(1)
    })

    it('trusts this browser after a recent token, and notifies the owner by email', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      expect((await browser.get(profile)).text).toContain('Trust this browser for 30 days')
      expect(await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).toMatchObject({
        location: `${profile}?done=browser_trusted`,
      })
      expect((await browser.get(profile)).text).not.toContain('Trust this browser for 30 days')
      const until = new Date(site.clock.now().getTime() + 30 * DAY * 1000)
      expect(await queuedEmailsTo(database, person.email)).toContainEqual(
        expect.objectContaining({ mail: 'browser-trusted', until, browser: 'Firefox 139 on Linux' }),
      )
    })

    it('is only for users who signed in with password and token', async () => {
      const person = await createTestUser(site)
      const pending = site.browser()
      await enter(pending, person)
      for (const address of ['trust', 'end', 'end-all'])
        for (const browser of [pending, site.browser()])
          expect((await browser.post(`${profile}/browsers/${address}`, { trust_browser: 'on' })).location).toMatch(
            /^\/account\/login/,
          )
    })
  })
})
