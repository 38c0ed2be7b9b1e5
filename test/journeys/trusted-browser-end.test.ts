import { describe, expect, it, vi } from 'vitest'
import { recordAddedDevice } from '../../src/cli/record-added-device.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateBackupTokens } from '../../src/kinds/static/generate.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { noClient } from '../../src/client-info.js'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { TRUSTED_COOKIE, useTrustedBrowsers } from '../support/trusted-browsers.js'
import { addEmail } from '../support/challenges.js'
import { testConfig } from '../support/config.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'

describe('trusted browsers', () => {
  const { comeBack, enter, rowsOf, site, trust } = useTrustedBrowsers()
  const secretOn = ({ text }: HttpResponse) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''

  describe('trust in a browser', () => {
    it('is not possible with a backup token', async () => {
      const person = await createTestUser(site(), { backupTokens: 1 })
      const browser = site().browser()
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
      const person = await createTestUser(site())
      const browser = await trust(person)
      await comeBack(browser, person)
      const strict = await startTestSite(site().database, { OTP_POLICY: 'strict' })
      strict.clock.set(site().clock.now())
      const visitor = strict.browser()
      for (const [name, value] of browser.cookies) visitor.cookies.set(name, value)
      expect((await visitor.get('/admin')).location).toMatch(/^\/account\/login/)
      visitor.cookies.delete('otp_session')
      expect((await visitor.post(login, { username: person.email, password: person.password })).location).toBe(login)
      expect((await visitor.get(login)).text).not.toContain('trust_browser')
      strict.clock.advance(30)
      site().clock.advance(30)
      await visitor.post(login, { otp_token: person.code(), trust_browser: 'on' })
      expect(await rowsOf(person)).toHaveLength(1)
      expect((await visitor.get(profile)).text).not.toContain('/browsers/')
      await strict.close()
    })

    it('is not possible for a member of a strict group', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      await comeBack(browser, person)
      const { rows } = await site().database.pool.query(
        `insert into groups (name, otp_policy) values ('strict ' || $1, 'strict') returning id`,
        [person.id],
      )
      await site().database.pool.query('insert into user_groups (user_id, group_id) values ($1, $2)', [
        person.id,
        rows[0].id,
      ])
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
      expect((await comeBack(browser, person)).location).toBe(login)
      expect((await browser.get(login)).text).not.toContain('trust_browser')
    })

    it('is not possible if it is turned off, which is the default', async () => {
      const off = await startTestSite(site().database)
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
      const person = await createTestUser(site())
      await addEmail(site().otp, person.id)
      const browser = await trust(person)
      await site().database.pool.query(
        `update trusted_browsers set device = (select 'email/' || id from email_devices where user_id = $1) where user_id = $1`,
        [person.id],
      )
      expect((await comeBack(browser, person)).location).toBe(login)
    })
  })

  describe('trust ends', () => {
    const fresh = 'quite another passphrase'
    const boss = async () => signIn(site(), await createTestUser(site(), { superuser: true }))
    const act = (browser: HttpBrowser, table: string, id: number | undefined, action: string, form = {}) =>
      browser.post(`/admin/api/resources/${table}/records/${id}/${action}`, form)

    /** Some emails are made after the response. */
    const linkTo = (address: string, name: string) =>
      vi.waitFor(async () => {
        const mail = (await queuedEmailsTo(site().database, address)).find((each) => each.mail === name)
        if (!mail || !('link' in mail)) throw new Error(`There is no ${name} yet.`)
        return new URL(mail.link).pathname
      }, 100_000)

    const ways: Record<string, (person: TestUser) => Promise<unknown>> = {
      'with a changed password': async (person) =>
        (await signIn(site(), person)).post('/account/password/change', {
          password: person.password,
          new_password: fresh,
        }),
      'with a new password set by a link': async (person) => {
        await site().browser().post('/account/password/forgot', { username: person.email })
        return site()
          .browser()
          .post(await linkTo(person.email, 'password-reset'), { password: fresh })
      },
      'with a changed email address': async (person) => {
        const email = `new.${person.email}`
        await (await signIn(site(), person)).post('/account/email', { email, password: person.password })
        return site()
          .browser()
          .post(await linkTo(email, 'email-confirmation'))
      },
      'with an added device': async (person) => {
        const browser = await signIn(site(), person)
        await browser.post(`${profile}/setup`, { method: 'totp' })
        const secret = secretOn(await browser.get(`${profile}/setup`))
        return browser.post(`${profile}/setup`, { otp_token: appCode(secret, site().clock.now()) })
      },
      'with a device added on the command line': (person) =>
        site().database.sequelize.transaction(async (transaction) => {
          const adding = { otp: site().otp, config: testConfig({}), transaction, user: person }
          await recordAddedDevice(adding, async () => {
            const added = await addTotpDevice(site().otp, transaction, {
              user: person,
              name: 'Second',
              confirmed: true,
            })
            return { device: added.device, line: added.uri }
          })
        }),
      'with a device removed by its owner': async (person) =>
        (await signIn(site(), person)).post(`${profile}/devices/${person.app?.persistentId}/remove`),
      'with two-factor authentication turned off by the owner': async (person) =>
        (await signIn(site(), person)).post(`${profile}/disable`, { confirm: 'yes' }),
      'with two-factor authentication turned off on the command line': (person) =>
        site().database.sequelize.transaction((transaction) =>
          removeAllDevices(site().otp, transaction, {
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
      'with all sessions': async (person) => (await signIn(site(), person)).post(`${profile}/sessions`),
      'with a device disabled after 100 wrong codes': async (person) => {
        await site().database.pool.query(`update totp_devices set failure_count = 99 where user_id = $1`, [person.id])
        const browser = site().browser()
        await enter(browser, person)
        return browser.post(login, { otp_token: '000000' })
      },
      'with a password changed by SQL': async (person) => {
        await site().database.pool.query(`update users set password_hash = password_hash || ' ' where id = $1`, [
          person.id,
        ])
      },
      'with an email address changed by SQL outside the search path': async (person) => {
        const byHand = `update public.users set email = 'by.hand.' || email where id = ${person.id}`
        await site().database.pool.query(`begin; set local search_path = pg_catalog; ${byHand}; commit`)
      },
    }

    it.each(Object.keys(ways))('%s', async (way) => {
      const person = await createTestUser(site(), { staff: false })
      const browser = await trust(person)
      await comeBack(browser, person)
      expect(await rowsOf(person)).toHaveLength(1)
      await ways[way]?.(person)
      expect(await rowsOf(person)).toEqual([])
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
    })

    it('but not with a new set of backup tokens, another name, or a device that was never confirmed', async () => {
      const person = await createTestUser(site(), { backupTokens: 1, staff: false })
      const browser = await trust(person)
      await site().database.sequelize.transaction((transaction) =>
        generateBackupTokens(site().otp, transaction, person.id),
      )
      await (
        await signIn(site(), person)
      ).post(`${profile}/devices/${person.app?.persistentId}/rename`, { name: 'New' })
      await site().database.sequelize.transaction((transaction) =>
        addTotpDevice(site().otp, transaction, { user: person, name: 'Half done', confirmed: false }),
      )
      expect((await comeBack(browser, person)).location).toBe(profile)
    })
  })
})
