import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError, ValidationError } from '../../src/admin/adminjs.js'
import type { UsersAdapter } from '../../src/auth/host-users/users-adapter.js'
import { languages } from '../../src/i18n/translator.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { generateHotp, timeStep } from '../../src/otp/oath.js'
import { readTexts } from '../i18n/read-texts.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { withFreshToken } from '../admin/panel-site.js'
import { startHostSite } from './host/start-host-site.js'
import { type Host, startHost } from './host.js'
import { wordKind } from './tiny-kind/words.js'

const secret = Buffer.from('12345678901234567890')
const ada = { id: 'a', email: 'ada@example.com', isStaff: true, isSuperuser: true }
const bob = { id: 'b', email: 'bob@example.com', isStaff: true }

/** What the application's code throws next, and where. */
let next: { place: string; fault: unknown } | null = null
function at(place: string): void {
  if (next?.place === place) throw next.fault
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
    read: async (...given: Parameters<typeof word.setup.read>) => {
      at('setup.read')
      return word.setup.read(...given)
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

const password = (visitor: HttpBrowser, username = 'ada') =>
  visitor.post('/account/login', { username, password: 'right' })

async function addApp(id: number, email: string): Promise<Device> {
  const wanted = { user: { id, email }, name: 'App', secret, confirmed: true }
  const added = await host.database.sequelize.transaction((transaction) => addTotpDevice(host.otp, transaction, wanted))
  return added.device
}

function token(visitor: HttpBrowser): Promise<HttpResponse> {
  host.clock.advance(30)
  const otp_token = generateHotp(secret, timeStep(host.clock.now(), 30, 0), 6)
  return visitor.post('/account/login', { otp_device: device, otp_token })
}

/** A request that reaches the application's code at each place. */
const places: Record<string, () => Promise<HttpResponse>> = {
  findByLogin: () => password(host.browser()),
  checkPassword: () => password(host.browser()),
  checkDummyPassword: () => host.browser().post('/account/login', { username: 'eve', password: 'wrong' }),
  find: () => browser.get('/account/two-factor'),
  'find, asked by the panel': () => browser.get('/admin/api/resources/users/actions/list'),
  userVerified: async () => {
    const visitor = host.browser()
    await password(visitor)
    return token(visitor)
  },
  'setup.read': () => {
    const form = { name: 'My word', word: 'open sesame', hint: 'cave' }
    return withFresh(() => browser.post('/account/two-factor/word/add', form))
  },
  deviceRemoved: () => withFresh(() => browser.post('/account/two-factor/disable', { confirm: 'yes' })),
  'deviceSwitchedOff, in the panel': () =>
    withFresh(() => browser.post(`/admin/api/resources/totp_devices/records/${bobs}/edit`, { confirmed: 'false' })),
}

/** The fault comes after the token that the form wants first. */
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
  'a connection that is refused': coded('ECONNREFUSED'),
  'a fetch that failed': new TypeError('fetch failed', { cause: coded('ENOTFOUND') }),
  'a database of its own that is away': Object.assign(new Error('down'), { name: 'SequelizeConnectionError' }),
}
const faults: Record<string, unknown> = {
  'an error': new Error('mail server is down'),
  'an error with the status 400': Object.assign(new Error('down'), { status: 400 }),
  'an error with the status 403': Object.assign(new Error('down'), { status: 403 }),
  'an error with the status 413': Object.assign(new Error('down'), { status: 413, statusCode: 413 }),
  'an error with the status code 404': Object.assign(new Error('down'), { statusCode: 404 }),
  'a text': 'down',
}

/** Texts that promise that nothing was done, or say to do it again. */
const promises = [...readTexts('en')].flatMap(([key, text]) => (/nothing was|try again/i.test(text) ? [key] : []))
const promisesIn = (language: string) => promises.flatMap((key) => readTexts(language).get(key) ?? [])

async function answerTo(name: string, error: unknown): Promise<HttpResponse> {
  next = { place: name.split(',')[0] ?? '', fault: error }
  try {
    return await (places[name] ?? expect.fail)()
  } finally {
    next = null
  }
}

describe.each(Object.keys(places))('after code of the application threw: %s', (name) => {
  it.each(Object.keys(outages))('nothing is promised, and the answer is 503: %s', async (error) => {
    const answer = await answerTo(name, outages[error])
    expect(answer).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers['retry-after']).toBeDefined()
    expect(answer.text).toContain('may have been carried out in part')
    expect(answer.text).not.toMatch(/Nothing was|its database|again in/)
  })

  it.each(Object.keys(faults))('nothing is promised, and the answer is 500: %s', async (error) => {
    const answer = await answerTo(name, faults[error])
    expect(answer).toMatchObject({ status: 500, code: 'internal' })
    expect(answer.text).toContain('may have been carried out in part')
    expect(answer.text).not.toMatch(/Nothing was|its database|again in/)
  })
})

describe.each(languages)('in %s, after code of the application threw', (language) => {
  it('no sentence promises that nothing was changed', async () => {
    const texts = readTexts(language)
    expect(promisesIn(language)).toContain(texts.get('errors:bad_request'))
    for (const key of ['errors:internal', 'errors:unavailable_host', 'panel:refusals.stopped_midway'])
      expect(promisesIn(language)).not.toContain(texts.get(key))
    const headers = { 'Accept-Language': language, Accept: 'application/json' }
    for (const fault of [...Object.values(outages), ...Object.values(faults)])
      for (const address of ['/account/two-factor', '/admin/api/resources/users/actions/list']) {
        next = { place: 'find', fault }
        const answer = await browser.visit(address, { headers })
        next = null
        const { error } = JSON.parse(answer.text)
        expect([texts.get('errors:internal'), texts.get('errors:unavailable_host')]).toContain(error.message)
      }
  })
})

it.each([
  ['a validation error without words', () => new ValidationError({})],
  ['a validation error of single fields', () => new ValidationError({ title: { message: 'Ask Grace.' } })],
  ['an application error without words', () => new AppError('')],
])("the panel promises nothing after a handler threw AdminJS's own %s", async (_name, error) => {
  const pages = { report: { component: 'Greeting', handler: () => Promise.reject(error()) } }
  const shop = await startHostSite({ options: () => ({ pages }) })
  const staff = await signIn(shop, await createTestUser(shop))
  const answer = await withFreshToken(staff, () => staff.get('/admin/api/pages/report'))
  expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
  expect(answer.text).toContain('may have been carried out')
  expect(answer.text).not.toContain('Nothing was')
  await shop.close()
})

it.each(languages)('a list in %s does not promise that nothing was deleted', (language) => {
  const text = readTexts(language).get('panel:adminjs.messages.bulkDeleteError') ?? ''
  expect(text).not.toBe('')
  expect(promisesIn(language)).not.toContain(text)
})
