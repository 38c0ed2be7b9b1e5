import { createServer, type Server } from 'node:http'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage, useChromium } from '../support/chromium.js'
import { faultsOf } from '../support/looks.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { cloneKey, type VirtualKeyOptions, plugIn, unplug, setVerified } from '../support/virtual-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

/** Clears the cookies. It leaves the panel first, whose own calls would redirect to the sign-in as well. */
async function forget(page: Page): Promise<void> {
  await page.goto('about:blank')
  await page.context().clearCookies()
}

const site = useSite({
  BASE_URL: 'http://localhost:0',
  OTP_PASSKEY_LOGIN: 'true',
  OTP_THROTTLE_FACTOR: '0',
})
const chromium = useChromium()

const ADD = '/account/two-factor/security-keys/add'
const signedIn = async (person: TestUser) => ({ browser: await signIn(site(), person), baseUrl: site().baseUrl })
const alertOn = (page: Page) => page.getByRole('alert').getAttribute('data-code')
const keysOf = async ({ id }: TestUser) =>
  (await site().database.pool.query('select * from webauthn_devices where user_id = $1 order by id', [id])).rows

async function givePassword(page: Page, person: TestUser): Promise<void> {
  await page.goto(`${site().baseUrl}/account/login`)
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: /Enter your code|Use your security key/ }).waitFor()
}

async function addKey(page: Page, name: string): Promise<void> {
  await page.goto(site().baseUrl + ADD)
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Add security key' }).click()
}

/** A user whose only device is the key in this page. */
async function enrol(traits: VirtualKeyOptions = {}) {
  const person = await createTestUser(site(), { app: false })
  const opened = await openPage(chromium(), { signedIn: await signedIn(person) })
  const key = await plugIn(opened.page, traits)
  await addKey(opened.page, 'Blue key')
  await opened.page.waitForURL(/\/setup\/complete/)
  await forget(opened.page)
  return { person, key, ...opened }
}

const useKey = (page: Page) => page.getByRole('button', { name: 'Use your security key' }).click()
const isInside = (page: Page) => page.waitForURL(`${site().baseUrl}/admin`)

describe('a security key in a browser', () => {
  it('is added during setup, gets a name, and signs in', async () => {
    const person = await createTestUser(site(), { app: false })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn(person) })
    await plugIn(page)
    await page.goto(`${site().baseUrl}/account/two-factor/setup`)
    await page.getByRole('button', { name: 'Get started' }).click()
    await page.locator('input[value=webauthn]').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Name').fill('Key ring')
    await page.getByRole('button', { name: 'Add security key' }).click()
    await page.waitForURL(/\/setup\/complete/)
    expect(await page.locator('code').count()).toBeGreaterThanOrEqual(10)
    expect(await keysOf(person)).toMatchObject([{ name: 'Key ring', confirmed: true, transports: ['usb'] }])

    await forget(page)
    await givePassword(page, person)
    await useKey(page)
    await isInside(page)
    expect(await keysOf(person)).toMatchObject([{ last_used_at: site().clock.now() }])
    expect(complaints).toEqual([])
    await context.close()
  })

  it('is one of several, each of which signs in, and is not added twice', async () => {
    const person = await createTestUser(site())
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn(person) })
    const blue = await plugIn(page)
    await addKey(page, 'Blue key')
    await page.waitForURL(/\/setup\/complete/)
    await addKey(page, 'Blue key again')
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('key_known')
    await unplug(blue)
    await plugIn(page)
    await addKey(page, 'Red key')
    await page.waitForURL(/\/setup\/complete/)
    expect((await keysOf(person)).map(({ name }) => name)).toEqual(['Blue key', 'Red key'])
    await forget(page)
    await givePassword(page, person)
    await useKey(page)
    await isInside(page)
    const [unused, used] = await keysOf(person)
    expect([unused.last_used_at, used.last_used_at]).toEqual([null, site().clock.now()])
    await context.close()
  })

  it('answers in the dialog of the panel, which then continues with what it interrupted', async () => {
    const person = await createTestUser(site(), { app: false, superuser: true })
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn(person) })
    await plugIn(page)
    await addKey(page, 'Blue key')
    await page.waitForURL(/\/setup\/complete/)
    site().clock.advance(301)
    const other = await createTestUser(site())
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${other.id}/edit`)
    await page.getByLabel('Name').fill('Renamed by key')
    await page.getByRole('button', { name: 'Save' }).click()
    const dialogue = page.getByRole('dialog', { name: "Confirm it's you" })
    await dialogue.getByRole('button', { name: 'Use a security key' }).click()
    await page.getByText('Saved.').waitFor()
    expect(await site().database.models.User.findByPk(other.id)).toMatchObject({ name: 'Renamed by key' })
    await context.close()
  })

  it('is removed by its owner', async () => {
    const person = await createTestUser(site())
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn(person) })
    await plugIn(page)
    await addKey(page, 'Blue key')
    await page.waitForURL(/\/setup\/complete/)
    const [{ id }] = await keysOf(person)
    await page.goto(`${site().baseUrl}/account/logout`)
    await page.evaluate(`(() => {
      const form = document.createElement('form')
      form.method = 'post'
      form.action = '/account/two-factor/security-keys/${id}/delete'
      document.body.append(form)
      form.submit()
    })()`)
    await page.waitForURL(/\/account\/login|\/account\/two-factor$/)
    expect(await keysOf(person)).toEqual([])
    await context.close()
  })

  it('is rejected if it is a copy, and the audit log says so', async () => {
    const { person, key, page, context } = await enrol()
    const other = await openPage(chromium())
    const copy = await plugIn(other.page)
    await cloneKey(key, copy)
    await givePassword(page, person)
    await useKey(page)
    await isInside(page)
    await givePassword(other.page, person)
    await useKey(other.page)
    await other.page.getByRole('alert').waitFor()
    expect(await alertOn(other.page)).toBe('invalid_token')
    const { rows } = await site().database.pool.query(
      "select details from audit_events where event = 'token_refused' and user_id = $1",
      [person.id],
    )
    expect(rows).toMatchObject([{ details: { because: 'counter_not_higher' } }])
    await other.context.close()
    await context.close()
  })

  it('gives no answer if it belongs to another user', async () => {
    const { page, context } = await enrol()
    const other = await createTestUser(site())
    await addSoftwareKey(site().otp, other.id)
    await givePassword(page, other)
    await useKey(page)
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('key_cancelled')
    expect(await page.getByRole('button', { name: 'Use your security key' }).isEnabled()).toBe(true)
    await context.close()
  }, 300_000)

  it('is useless to a false page that forwards the challenge of the site', async () => {
    const { person, page, context } = await enrol()
    await givePassword(page, person)
    const options = await page.evaluate<object>(
      `fetch('/account/login/security-key', { method: 'POST' }).then((answer) => answer.json())`,
    )
    const phishing = await servePage()
    // Another port is another origin, but the same relying party: the browser lets the key answer.
    await page.goto(phishing.address)
    const token = await page.evaluate<string>(`(async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)})
      const { id, rawId, type, response } = (await navigator.credentials.get({ publicKey })).toJSON()
      return JSON.stringify({ id, rawId, type, response })
    })()`)
    expect(JSON.parse(token)).toMatchObject({ type: 'public-key' })
    await page.goto(`${site().baseUrl}/account/login`)
    await page.evaluate(
      `(() => {
        const form = document.querySelector('form[data-key]')
        form.querySelector('[data-answer]').value = ${JSON.stringify(token)}
        form.submit()
      })()`,
    )
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('invalid_token')
    phishing.server.close()
    await context.close()
  })

  it("answers only at the site's own URL, and the page says which URL that is", async () => {
    const person = await createTestUser(site(), { app: false })
    await addSoftwareKey(site().otp, person.id)
    const { page, context } = await openPage(chromium())
    await page.goto(`${site().baseUrl.replace('localhost', '127.0.0.1')}/account/login`)
    await page.getByLabel('Email address').fill(person.email)
    await page.getByLabel('Password', { exact: true }).fill(person.password)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText(`Security keys only work at ${site().baseUrl}`).waitFor()
    expect(await page.getByRole('button', { name: 'Use your security key' }).count()).toBe(0)
    await context.close()
  })

  it('says in one sentence that it needs scripts if there are none', async () => {
    const person = await createTestUser(site())
    await addSoftwareKey(site().otp, person.id)
    const { page, context } = await openPage(chromium(), { scripts: false })
    await givePassword(page, person)
    expect(await page.getByText('Security keys need JavaScript').isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: 'Use your security key' }).count()).toBe(0)
    site().clock.advance(30)
    await page.getByLabel('Code', { exact: true }).fill(person.code())
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await isInside(page)
    await context.close()
  })

  it('redirects to the sign-in when the session has ended in the meantime', async () => {
    const { person, page, context } = await enrol()
    await givePassword(page, person)
    await page.context().clearCookies()
    await useKey(page)
    await page.getByLabel('Password', { exact: true }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/account/login')
    await context.close()
  })

  it('asks for a PIN or a fingerprint if the site requires that', async () => {
    const { relyingParty } = site().otp.settings
    site().otp.settings.relyingParty = relyingParty && { ...relyingParty, userVerification: 'required' }
    const { person, key, page, context } = await enrol({ verifies: true })
    await givePassword(page, person)
    await setVerified(key, false)
    await useKey(page)
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('key_cancelled')
    await setVerified(key, true)
    await useKey(page)
    await isInside(page)
    site().otp.settings.relyingParty = relyingParty
    await context.close()
  }, 300_000)
})

describe('a passkey in a browser', () => {
  it('signs in alone if it verified its user, and only then', async () => {
    const passkey = { discoverable: true, verifies: true, transport: 'internal' } as const
    const { person, key, page, context, complaints } = await enrol(passkey)
    expect(await keysOf(person)).toMatchObject([{ discoverable: true }])
    await page.goto(`${site().baseUrl}/account/login`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await isInside(page)
    await forget(page)
    await page.goto(`${site().baseUrl}/account/login`)
    await setVerified(key, false)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('key_cancelled')
    expect(complaints).toEqual([])
    await context.close()
  }, 300_000)

  it('cannot sign in with a key that has no PIN', async () => {
    const { page, context } = await enrol({ discoverable: true })
    await page.goto(`${site().baseUrl}/account/login`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('key_cancelled')
    await context.close()
  }, 300_000)

  it('is rejected like an incorrect password if no user has it', async () => {
    const { person, page, context } = await enrol({ discoverable: true, verifies: true, transport: 'internal' })
    await site().database.pool.query('delete from webauthn_devices where user_id = $1', [person.id])
    await page.goto(`${site().baseUrl}/account/login`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('alert').waitFor()
    expect(await alertOn(page)).toBe('invalid_login')
    await context.close()
  })
})

describe('the pages', () => {
  it('have no accessibility problem and no sideways scroll in any state', async () => {
    const person = await createTestUser(site())
    const onlyKey = await createTestUser(site(), { app: false })
    await addSoftwareKey(site().otp, person.id)
    const faults: Record<string, string[]> = {}
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn(person) })
    const folder = process.env['SHOTS']
    const check = async (name: string) => {
      faults[name] = await faultsOf(page, folder ? { picture: `${folder}/${name}` } : {})
    }
    await page.goto(site().baseUrl + ADD)
    await page.getByRole('button', { name: 'Add security key' }).waitFor()
    await check('add')
    await page.locator('input[name=name]').fill('Key')
    await page.evaluate(`document.querySelector('form[data-key]').submit()`)
    await page.getByRole('alert').waitFor()
    await check('add-refused')
    await forget(page)
    await page.goto(`${site().baseUrl}/account/login`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
    await check('password')
    await givePassword(page, person)
    await check('token-app-and-key')
    await forget(page)
    await addSoftwareKey(site().otp, onlyKey.id)
    await givePassword(page, onlyKey)
    await check('token-key')
    await page.evaluate(`(() => {
      const form = document.querySelector('form[data-key]')
      form.querySelector('[data-answer]').value = '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA","signature":"AA"}}'
      form.submit()
    })()`)
    await page.getByRole('alert').waitFor()
    await check('token-key-refused')
    expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((name) => [name, []])))
    expect(complaints.filter((complaint) => !complaint.includes('422'))).toEqual([])
    await context.close()
  }, 300_000)
})

/** Any page on another port of localhost. */
async function servePage(): Promise<{ server: Server; address: string }> {
  const server = createServer((_req, res) => res.setHeader('Content-Type', 'text/html').end('<title>False</title>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, address: `http://localhost:${typeof address === 'object' ? address?.port : ''}` }
}
