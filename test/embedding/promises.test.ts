import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError, ValidationError } from '../../src/admin/adminjs.js'
import type { UsersAdapter } from '../../src/auth/host-users/users-adapter.js'
import { languages } from '../../src/i18n/translator.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { readTexts } from '../i18n/read-texts.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { withFreshToken } from '../admin/panel-site.js'
import { startHostSite } from './host/start-host-site.js'
import { type Host, startHost } from './host.js'
import { wordKind } from './tiny-kind/word-kind.js'

const secret = Buffer.from('12345678901234567890')
const ada = { id: 'a', email: 'ada@example.com', isStaff: true, isSuperuser: true }
const bob = { id: 'b', email: 'bob@example.com', isStaff: true }

/** What the application's code throws next, and in which method. */
let next: { place: string; error: unknown } | null = null
function at(place: string): void {
  if (next?.place === place) throw next.error
}

const users: UsersAdapter = {
  findByLogin: async (login) => {
    at('findByLogin')
    return [ada, bob].find(({ email }) => email.startsWith(`${login}@`))
  },
  find: async (id) => {
    at('find')
    return [ada, bob].find((person) => person.id === id)
  },
  checkPassword: async () => {
    at('checkPassword')
    return true
  },
  checkDummyPassword: async () => at('checkDummyPassword'),
}

const word = wordKind()
const kind = {
  ...word,
  setup: {
    ...word.setup,
    read: async (...input: Parameters<typeof word.setup.read>) => {
      at('setup.read')
      return word.setup.read(...input)
    },
  },
}

let host: Host
let browser: HttpBrowser
/** Ada's device, and the number of Bob's. */
let device: string
let bobs: number

beforeAll(async () => {
  host = await startHost({
    users,
    kinds: [kind],
    config: { OTP_POLICY: 'off' },
    on: { userVerified: () => at('userVerified'), deviceRemoved: () => at('deviceRemoved') },
  })
  host.otp.events.on('deviceSwitchedOff', () => at('deviceSwitchedOff'))
  browser = host.browser()
  await password(browser)
  await password(host.browser(), 'bob')
  device = (await addApp(1, ada.email)).persistentId
  bobs = (await addApp(2, bob.email)).id
  await password(browser)
  await token(browser)
})
afterAll(() => host.close())

const password = (other: HttpBrowser, username = 'ada') => other.post('/account/login', { username, password: 'right' })

async function addApp(id: number, email: string): Promise<Device> {
  const wanted = { user: { id, email }, name: 'App', secret, confirmed: true }
  const added = await host.database.sequelize.transaction((transaction) => addTotpDevice(host.otp, transaction, wanted))
  return added.device
}

function token(other: HttpBrowser): Promise<HttpResponse> {
  host.clock.advance(30)
  const otp_token = generateHotp(secret, timeStep(host.clock.now(), 30, 0), 6)
  return other.post('/account/login', { otp_device: device, otp_token })
}

/** For each method of the application, a request that calls it. */
const places: Record<string, () => Promise<HttpResponse>> = {
  findByLogin: () => password(host.browser()),
  checkPassword: () => password(host.browser()),
  checkDummyPassword: () => host.browser().post('/account/login', { username: 'eve', password: 'wrong' }),
  find: () => browser.get('/account/two-factor'),
  'find, called by the panel': () => browser.get('/admin/api/resources/users/actions/list'),
  userVerified: async () => {
    const other = host.browser()
    await password(other)
    return token(other)
  },
  'setup.read': () => {
    const form = { name: 'My word', word: 'open sesame', hint: 'cave' }
    return withFresh(() => browser.post('/account/two-factor/word/add', form))
  },
  deviceRemoved: () => withFresh(() => browser.post('/account/two-factor/disable', { confirm: 'yes' })),
  'deviceSwitchedOff, in the panel': () =>
    withFresh(() => browser.post(`/admin/api/resources/totp_devices/records/${bobs}/edit`, { confirmed: 'false' })),
}

/** Enters the token that the form requires before the method throws. */
async function withFresh(call: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const armed = next
  next = null
  host.clock.advance(30)
  const otp_token = generateHotp(secret, timeStep(host.clock.now(), 30, 0), 6)
  await browser.post('/account/verify', { otp_device: device, otp_token })
  next = armed
  return call()
}

const coded = (code: string) => Object.assign(new Error('down'), { code })
const outages: Record<string, unknown> = {
  'a refused connection': coded('ECONNREFUSED'),
  'a fetch that failed': new TypeError('fetch failed', { cause: coded('ENOTFOUND') }),
  'an unreachable database of the application': Object.assign(new Error('down'), { name: 'SequelizeConnectionError' }),
}
const errors: Record<string, unknown> = {
  'an error': new Error('mail server is down'),
  'an error with the status 400': Object.assign(new Error('down'), { status: 400 }),
  'an error with the status 403': Object.assign(new Error('down'), { status: 403 }),
  'an error with the status 413': Object.assign(new Error('down'), { status: 413, statusCode: 413 }),
  'an error with the status code 404': Object.assign(new Error('down'), { statusCode: 404 }),
  'a text': 'down',
}

/** Texts that state that nothing was done, or ask the user to try again. */
const promises = [...readTexts('en')].flatMap(([key, text]) => (/nothing was|try again/i.test(text) ? [key] : []))
const promisesIn = (language: string) => promises.flatMap((key) => readTexts(language).get(key) ?? [])

async function respondTo(name: string, error: unknown): Promise<HttpResponse> {
  next = { place: name.split(',')[0] ?? '', error }
  try {
    return await (places[name] ?? expect.fail)()
  } finally {
    next = null
  }
}

describe.each(Object.keys(places))('after an error in the application: %s', (name) => {
  it.each(Object.keys(outages))(
    'the response is 503 and does not claim that nothing was changed: %s',
    async (error) => {
      const response = await respondTo(name, outages[error])
      expect(response).toMatchObject({ status: 503, code: 'unavailable' })
      expect(response.headers['retry-after']).toBeDefined()
      expect(response.text).toContain('may have been carried out in part')
      expect(response.text).not.toMatch(/Nothing was|its database|again in/)
    },
  )

  it.each(Object.keys(errors))('the response is 500 and does not claim that nothing was changed: %s', async (error) => {
    const response = await respondTo(name, errors[error])
    expect(response).toMatchObject({ status: 500, code: 'internal' })
    expect(response.text).toContain('may have been carried out in part')
    expect(response.text).not.toMatch(/Nothing was|its database|again in/)
  })
})

describe.each(languages)('in %s, after an error in the application', (language) => {
  it('no sentence claims that nothing was changed', async () => {
    const texts = readTexts(language)
    expect(promisesIn(language)).toContain(texts.get('errors:bad_request'))
    for (const key of ['errors:internal', 'errors:unavailable_host', 'panel:refusals.stopped_midway'])
      expect(promisesIn(language)).not.toContain(texts.get(key))
    const headers = { 'Accept-Language': language, Accept: 'application/json' }
    for (const thrown of [...Object.values(outages), ...Object.values(errors)])
      for (const path of ['/account/two-factor', '/admin/api/resources/users/actions/list']) {
        next = { place: 'find', error: thrown }
        const response = await browser.visit(path, { headers })
        next = null
        const { error } = JSON.parse(response.text)
        expect([texts.get('errors:internal'), texts.get('errors:unavailable_host')]).toContain(error.message)
      }
  })
})

it.each([
  ['validation error without a message', () => new ValidationError({})],
  ['validation error of single fields', () => new ValidationError({ title: { message: 'Ask Grace.' } })],
  ['application error without a message', () => new AppError('')],
])("the panel does not claim that nothing was changed after AdminJS's %s", async (_name, error) => {
  const pages = { report: { component: 'Greeting', handler: () => Promise.reject(error()) } }
  const shop = await startHostSite({ options: () => ({ pages }) })
  const staff = await signIn(shop, await createTestUser(shop))
  const response = await withFreshToken(staff, () => staff.get('/admin/api/pages/report'))
  expect(response).toMatchObject({ status: 400, code: 'bad_request' })
  expect(response.text).toContain('may have been carried out')
  expect(response.text).not.toContain('Nothing was')
  await shop.close()
})

it.each(languages)('the error of a bulk deletion in %s does not claim that nothing was deleted', (language) => {
  const text = readTexts(language).get('panel:adminjs.messages.bulkDeleteError') ?? ''
  expect(text).not.toBe('')
  expect(promisesIn(language)).not.toContain(text)
})
