import { afterAll, beforeAll, expect, it } from 'vitest'
import { accountSid, authToken, startTwilio, type FakeTwilio } from './fake-twilio.js'

const right = { To: '+41524204242', From: '+15005550006', Body: 'text' }
const basic = (token: string) => `Basic ${Buffer.from(`${accountSid}:${token}`).toString('base64')}`

let twilio: FakeTwilio
beforeAll(async () => {
  twilio = await startTwilio()
})
afterAll(() => twilio.close())

async function send(
  fields: Record<string, string>,
  { resource = 'Messages', token = authToken, sid = accountSid } = {},
) {
  const url = `${twilio.url}/2010-04-01/Accounts/${sid}/${resource}.json`
  const body = new URLSearchParams(fields).toString()
  const headers = { Authorization: basic(token), 'Content-Type': 'application/x-www-form-urlencoded' }
  return (await fetch(url, { method: 'POST', body, headers })).status
}

it("accepts what Twilio's description describes", async () => {
  expect(await send(right)).toBe(201)
  const { Body: _, ...call } = { ...right, Twiml: '<?xml version="1.0"?><Response></Response>', Timeout: '15' }
  expect(await send(call, { resource: 'Calls' })).toBe(201)
})

it.each([
  ['a field that is not described', { ...right, Text: 'x' }, {}],
  ['a number that is none', { ...right, To: '0524204242' }, {}],
  ['no recipient', { From: right.From, Body: 'text' }, {}],
  ['no sender', { To: right.To, Body: 'text' }, {}],
  ['no content', { To: right.To, From: right.From }, {}],
  ['a messaging service that is none', { ...right, MessagingServiceSid: 'MGx' }, {}],
  ['a duration in words', { ...right, ValidityPeriod: 'five' }, {}],
  ['another token', right, { token: 'wrong' }],
  ['another account', right, { sid: `AC${'b'.repeat(32)}` }],
  ['a call without words', right, { resource: 'Calls' }],
  ['an address that is not described', right, { resource: 'Faxes' }],
])('rejects %s', async (_what, fields, changes) => {
  expect(await send(fields, changes)).toBe(400)
})
