import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DeliveryError } from '../../src/notify/delivery-error.js'
import { limitMail, limitSms } from '../../src/notify/gateways/limit-gateway.js'
import type { OutgoingMail } from '../../src/notify/gateways/mail-gateway.js'
import type { SmsGateway } from '../../src/notify/gateways/sms-gateway.js'
import { subscribeAll, type EventHandlers } from '../../src/otp/subscribe.js'
import { type AfterEvents, createEvents, type OtpEvents } from '../../src/otp/events.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'
import { type Host, startHost } from './host.js'

/** More attempts than the site has connections. */
const MANY = 25
const never = () => new Promise<never>(() => {})

describe('an event handler that does not respond', () => {
  let host: Host
  let silent = false
  beforeAll(async () => {
    host = await startHost({ config: { OTP_THROTTLE_FACTOR: '0' } })
    // Responses that are available at once come before any timer.
    subscribeAll(host.otp.events, { userVerified: () => (silent ? never() : undefined) }, 0.05)
  })
  afterAll(() => host.close())

  it('undoes a sign-in with 503 and keeps no connection', async () => {
    const person = await createTestUser(host)
    const browser = host.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    const code = person.code()
    silent = true
    for (let attempt = 0; attempt < MANY; attempt += 1) {
      const answer = await browser.post('/account/login', { otp_token: code })
      expect([attempt, answer.status, answer.code]).toEqual([attempt, 503, 'unavailable'])
    }
    silent = false
    expect((await browser.get('/admin')).status).toBe(302)
    expect((await browser.post('/account/login', { otp_token: code })).status).toBe(303)
    expect(host.log.join('')).toContain('A handler of userVerified did not respond within 0.05 seconds.')
  })
})

const inside: (keyof OtpEvents)[] = [
  'userVerified',
  'backupTokenUsed',
  'verificationFailed',
  'userLocked',
  'deviceAdded',
  'deviceRemoved',
  'deviceSwitchedOff',
  'deviceEnabled',
]
const after: (keyof AfterEvents)[] = ['signedIn', 'signedOut', 'stepUp', 'policyBlocked', 'browserTrusted']
const insideEvent = z
  .custom<OtpEvents['userLocked'] & OtpEvents['verificationFailed'] & OtpEvents['deviceRemoved']>()
  .parse({})
const afterEvent = z
  .custom<AfterEvents['signedIn'] & AfterEvents['policyBlocked'] & AfterEvents['browserTrusted']>()
  .parse({})
const handlersOf = (names: readonly string[]) =>
  z.custom<EventHandlers>().parse(Object.fromEntries(names.map((name) => [name, never])))

describe('the time limit of a handler', () => {
  it.each(inside)('applies if a transaction waits for the handler: %s', async (name) => {
    const events = createEvents()
    subscribeAll(events, handlersOf([name]), 0.01)
    await expect(events.emit(name, insideEvent)).rejects.toMatchObject({ code: 'host_code_silent' })
  })

  it('also applies to handlers that are added later', async () => {
    const events = createEvents()
    subscribeAll(events, {}, 0.01)
    events.on('deviceAdded', never)
    await expect(events.emit('deviceAdded', insideEvent)).rejects.toMatchObject({ code: 'host_code_silent' })
  })

  it('does not apply if nothing waits for the handler', async () => {
    const faults: unknown[] = []
    const events = createEvents((error) => void faults.push(error))
    subscribeAll(events, handlersOf(after), 0.001)
    for (const name of after) events.emitAfter(name, afterEvent)
    const limited = createEvents()
    subscribeAll(limited, handlersOf(['userVerified']), 0.01)
    await expect(limited.emit('userVerified', insideEvent)).rejects.toThrow('did not respond')
    expect(faults).toEqual([])
  })
})

describe('handlers and hooks of the panel that do not respond', () => {
  const action = (actionType: 'record' | 'resource' | 'bulk') => ({ actionType, component: false as const })
  let shop: HostSite
  let order: string
  beforeAll(async () => {
    shop = await startHostSite({
      options: ({ Order, Customer }) => ({
        resources: [
          {
            resource: Order,
            options: {
              actions: {
                one: { ...action('record'), handler: never },
                all: { ...action('resource'), handler: never },
                ticked: { ...action('bulk'), handler: never },
                edit: { before: never },
                show: { after: never },
              },
            },
          },
          { resource: Customer },
        ],
        pages: { greeting: { component: 'Greeting', handler: never } },
        dashboard: { component: 'Greeting', handler: never },
      }),
    })
    order = String((await shop.Order.create({ title: 'Twelve eggs' })).get('id'))
  })

  it('keep no connection and lock no row, and do not stop the site from closing', async () => {
    const browser = await signIn(shop, await createTestUser(shop))
    const record = `/admin/api/resources/orders/records/${order}`
    const hanging = [
      () => browser.post(`${record}/one`),
      () => browser.post('/admin/api/resources/orders/actions/all'),
      () => browser.post(`/admin/api/resources/orders/bulk/ticked?recordIds=${order}`),
      () => browser.post(`${record}/edit`, { title: 'New' }),
      () => browser.get(`${record}/show`),
      () => browser.get('/admin/api/pages/greeting'),
      () => browser.get('/admin/api/dashboard'),
    ]
    const sent = hanging.flatMap((send) => Array.from({ length: 5 }, () => send().catch(() => 'cut')))
    for (let call = 0; call < MANY; call += 1)
      expect((await browser.get('/admin/api/resources/customers/actions/list')).status).toBe(200)
    await shop.Order.update({ title: 'Changed elsewhere' }, { where: { id: order } })
    expect((await browser.get('/admin')).status).toBe(200)
    const first = await Promise.race([...sent, Promise.resolve('none')])
    expect(first).toBe('none')
    // Also stops the test's server, which cuts the pending requests.
    await shop.close()
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'cut'))
  })
})

const message = z.custom<OutgoingMail>().parse({})
const silentSms: SmsGateway = { sendText: never, call: never }
const text = z.custom<Parameters<SmsGateway['sendText']>[0] & Parameters<SmsGateway['call']>[0]>().parse({})

describe("an application's gateway that does not respond", () => {
  it.each([
    ['an email', 0.01, undefined],
    ['an email with a shorter limit', 3600, AbortSignal.timeout(10)],
    ['an email as the site closes', 3600, AbortSignal.abort()],
  ])('makes %s a failed delivery', async (_what, seconds, signal) => {
    const sent = limitMail({ send: never }, seconds).send(message, signal)
    await expect(sent).rejects.toBeInstanceOf(DeliveryError)
    await expect(sent).rejects.toMatchObject({ permanent: false })
  })

  it('fails the delivery of a text message and a call', async () => {
    const failed = { ok: false, reason: 'gateway_unavailable' }
    expect(await limitSms(silentSms, 0.01).sendText(text)).toMatchObject(failed)
    expect(await limitSms(silentSms, 0.01).call(text)).toMatchObject(failed)
  })

  it('passes everything else through unchanged', async () => {
    class Gateway {
      sent = 0
      async send() {
        this.sent += 1
        if (this.sent > 1) throw new DeliveryError('full', true)
      }
      close() {
        this.sent = -1
      }
    }
    const gateway = new Gateway()
    const limited = limitMail(gateway)
    await limited.send(message)
    await expect(limited.send(message)).rejects.toMatchObject({ message: 'full', permanent: true })
    limited.close()
    expect(gateway.sent).toBe(-1)
    const throwing = { send: () => expect.fail('at once') }
    await expect(limitMail(throwing).send(message)).rejects.toThrow('at once')
    const delivered = { ok: false, reason: 'unsubscribed', detail: '21610' } as const
    const sms = limitSms({ sendText: async () => delivered, call: async () => ({ ok: true }) })
    expect([await sms.sendText(text), await sms.call(text)]).toEqual([delivered, { ok: true }])
  })
})
