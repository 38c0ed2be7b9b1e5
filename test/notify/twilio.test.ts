import { createServer } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { translatorFor } from '../../src/i18n/translator.js'
import { canCall, chooseSmsGateway } from '../../src/notify/gateways/choose-sms-gateway.js'
import { createTwilioGateway, type TwilioAccount } from '../../src/notify/gateways/twilio.js'
import { renderVoiceCode, renderTextCode } from '../../src/notify/render-phone-code.js'
import { testConfig } from '../support/config.js'
import { testLog } from '../support/notify.js'
import { accountSid, authToken, startTwilio, type FakeTwilio, urlOf } from './twilio/fake-twilio.js'

const envelope = { id: '6f1c1f0e-8a55-4d5e-9d9c-3f1f5b0c7a11', date: new Date(0), to: '+41524204242' }
const t = translatorFor('en')
const text = renderTextCode({ code: '012345', site: 'Night Desk', host: 'admin.example.com', minutes: 5 }, t)
const message = { ...envelope, text, validFor: 300 }
const call = { ...envelope, ...renderVoiceCode({ code: '012345', site: 'Night & Day <Desk>' }, t) }

/** `Say` and `Pause` in the order they are heard. */
function heard(twiml: string): string[] {
  const parts = [...twiml.matchAll(/<Say language="([\w-]+)">([^<]*)<\/Say>|<Pause length="1"\/>/g)]
  const whole = `<?xml version="1.0" encoding="UTF-8"?><Response>${parts.map(([part]) => part).join('')}</Response>`
  expect(twiml).toBe(whole)
  return parts.map(([, language, said]) => (language ? `${language} ${said}` : 'pause'))
}

describe('Twilio', () => {
  let twilio: FakeTwilio
  beforeAll(async () => {
    twilio = await startTwilio()
  })
  afterAll(() => twilio.close())
  beforeEach(() => {
    twilio.behaviour = 'accept'
  })
  afterEach(() => {
    if (twilio.mistakes.length > 0) throw new Error(twilio.mistakes.join('\n'))
  })

  const open = (changes: Partial<TwilioAccount> = {}, longest?: number) => {
    const account = { accountSid, authToken, callerId: '+15005550006', messagingServiceSid: null, baseUrl: twilio.url }
    return createTwilioGateway({ ...account, ...changes }, longest)
  }

  it('sends a text message from the configured number', async () => {
    expect(await open().sendText(message)).toEqual({ ok: true })
    expect(twilio.requests.at(-1)).toEqual({
      resource: 'Messages',
      fields: { To: '+41524204242', From: '+15005550006', ValidityPeriod: '300', Body: text },
    })
  })

  it('sends a text message with a messaging service, which replaces the number', async () => {
    const messagingServiceSid = 'MGbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'
    expect(await open({ messagingServiceSid }).sendText(message)).toEqual({ ok: true })
    const { fields = {} } = twilio.requests.at(-1) ?? {}
    expect(fields).toMatchObject({ MessagingServiceSid: messagingServiceSid })
    expect(fields).not.toHaveProperty('From')
  })

  it("writes a code with its leading zero, and offers it only to this site's page", () => {
    expect(text).toBe(
      "012345 is your Night Desk code. It works once, for 5 min. Don't share it with anyone.\n\n@admin.example.com #012345",
    )
  })

  it('speaks a code digit by digit with pauses, its leading zero too, and repeats it once', async () => {
    expect(await open().call(call)).toEqual({ ok: true })
    const { resource, fields = {} } = twilio.requests.at(-1) ?? {}
    expect(resource).toBe('Calls')
    expect(fields).toMatchObject({ To: '+41524204242', From: '+15005550006', Timeout: '15' })
    const digits = ['0', '1', '2', '3', '4', '5'].flatMap((digit) => [`en-US ${digit}`, 'pause'])
    expect(heard(fields['Twiml'] ?? '')).toEqual([
      'en-US Hello. This is Night &amp; Day &lt;Desk&gt; with the code you asked for.',
      'pause',
      'en-US Your code is:',
      'pause',
      ...digits,
      'en-US Once more:',
      'pause',
      ...digits,
      'en-US Goodbye.',
      'pause',
    ])
  })

  it('sends no URL with a call, so the site needs no public path and no log of URLs contains a code', async () => {
    await open().call(call)
    expect(Object.keys(twilio.requests.at(-1)?.fields ?? {}).toSorted()).toEqual(['From', 'Timeout', 'To', 'Twiml'])
  })

  it('makes no call without a number to call from', async () => {
    const before = twilio.requests.length
    const gateway = open({ callerId: null, messagingServiceSid: 'MGbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' })
    expect(await gateway.call(call)).toMatchObject({ ok: false, reason: 'gateway_refused' })
    expect(twilio.requests).toHaveLength(before)
  })

  it.each([
    [400, 21201, 'invalid_number'],
    [400, 21202, 'invalid_number'],
    [400, 21211, 'invalid_number'],
    [400, 21217, 'invalid_number'],
    [400, 21265, 'invalid_number'],
    [400, 21266, 'invalid_number'],
    [400, 21604, 'invalid_number'],
    [400, 21614, 'invalid_number'],
    [400, 21635, 'invalid_number'],
    [400, 30006, 'invalid_number'],
    [400, 13225, 'unreachable_number'],
    [400, 13227, 'unreachable_number'],
    [400, 21203, 'unreachable_number'],
    [400, 21214, 'unreachable_number'],
    [400, 21215, 'unreachable_number'],
    [400, 21216, 'unreachable_number'],
    [400, 21408, 'unreachable_number'],
    [403, 21408, 'unreachable_number'],
    [400, 21612, 'unreachable_number'],
    [400, 30003, 'unreachable_number'],
    [400, 30004, 'unreachable_number'],
    [400, 30005, 'unreachable_number'],
    [400, 30007, 'unreachable_number'],
    [400, 30450, 'unreachable_number'],
    [400, 21610, 'unsubscribed'],
    [403, 21610, 'unsubscribed'],
    [429, 20429, 'too_many_messages'],
    [429, 14107, 'too_many_messages'],
    [429, 10004, 'too_many_messages'],
    [400, 21611, 'too_many_messages'],
    [400, 30001, 'too_many_messages'],
    [400, 63017, 'too_many_messages'],
    [401, 10001, 'account_limit'],
    [403, 20005, 'account_limit'],
    [400, 21219, 'account_limit'],
    [400, 21608, 'account_limit'],
    [403, 21608, 'account_limit'],
    [400, 30002, 'account_limit'],
    [400, 30023, 'account_limit'],
    [429, 63038, 'account_limit'],
    [429, 60728, 'account_limit'],
    [402, 20402, 'account_limit'],
    [401, 20003, 'gateway_refused'],
    [400, 21210, 'gateway_refused'],
    [400, 21606, 'gateway_refused'],
    [500, 20500, 'gateway_unavailable'],
    [503, 20503, 'gateway_unavailable'],
  ])('that answers %i with %i means %s, and its text goes no further', async (status, code, reason) => {
    twilio.behaviour = { status, code, message: `+41524204242 (${accountSid}) is refused` }
    const outcome = { ok: false, reason, detail: `twilio: ${status} ${code}` }
    expect(await open().sendText(message)).toEqual(outcome)
    expect(await open().call(call)).toEqual(outcome)
  })

  it.each([
    ['an error page', { status: 502, html: '<h1>Bad gateway</h1>' }],
    ['a page of a captive portal', { status: 200, html: '<h1>Log in to this network</h1>' }],
    ['an empty answer', { status: 201, html: '' }],
    ['a redirect', { status: 302, html: '' }],
    ['an endless answer', { status: 201, html: 'x'.repeat(1024 * 1024) }],
  ])('that answers with %s is unavailable or rejects', async (_what, behaviour) => {
    twilio.behaviour = behaviour
    const outcome = await open().sendText(message)
    expect(outcome.ok).toBe(false)
  })

  it.each(['hang', 'trickle'] as const)('that answers nothing or too slowly (%s) is unavailable', async (behaviour) => {
    twilio.behaviour = behaviour
    expect(await open({}, 300).sendText(message)).toMatchObject({ ok: false, reason: 'gateway_unavailable' })
  })

  it('that cannot be reached is unavailable', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = urlOf(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await open({ baseUrl }).sendText(message)).toEqual({
      ok: false,
      reason: 'gateway_unavailable',
      detail: 'twilio: ECONNREFUSED',
    })
  })

  it('gets one request for each message, whatever it answers', async () => {
    twilio.behaviour = { status: 429, code: 20429, message: 'Too Many Requests' }
    const before = twilio.requests.length
    await open().sendText(message)
    expect(twilio.requests).toHaveLength(before + 1)
  })

  it('is chosen by the configuration, with the URL in it', async () => {
    const config = testConfig({
      SMS_GATEWAY: 'twilio',
      TWILIO_ACCOUNT_SID: accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_CALLER_ID: '+15005550006',
      TWILIO_BASE_URL: `${twilio.url}/`,
    })
    expect(await chooseSmsGateway(config, testLog().log)?.sendText(message)).toEqual({ ok: true })
    expect(canCall(config)).toBe(true)
    expect(canCall({ ...config, twilioCallerId: undefined })).toBe(false)
    expect(chooseSmsGateway({ ...config, smsGateway: undefined }, testLog().log)).toBeNull()
  })
})
