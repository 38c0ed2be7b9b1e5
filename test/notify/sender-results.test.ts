import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ntfyKind } from '../../examples/custom-device/ntfy/kind.js'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { addDevice } from '../../src/index.js'
import { limitSms } from '../../src/notify/gateways/limit-gateway.js'
import type { DeliveryResult } from '../../src/notify/gateways/sms-gateway.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { addPhone, requestCode } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { testLog, testNotify } from '../support/notify.js'
import { createUser, testOtp } from '../support/otp.js'

const kind = ntfyKind('http://127.0.0.1')

class Quoting extends Error {
  constructor(code: string) {
    super(`could not send ${code}`)
    this.name = `Error of ${code}`
  }
}

const inGroups = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`

/** What the code of an application can return besides a result. */
const results: [string, (code: string) => unknown][] = [
  ['nothing', () => undefined],
  ['true', () => true],
  ['a result without a reason', () => ({ ok: false })],
  ['a success that is not true', (code) => ({ ok: code })],
  ['the code as the reason', (code) => ({ ok: false, reason: code, detail: '' })],
  ['a long reason that quotes the code', (code) => ({ ok: false, reason: `${code} `.repeat(20), detail: '' })],
  ['a detail that quotes the code', (code) => ({ ok: false, reason: 'gateway_unavailable', detail: `sent ${code}` })],
  [
    'a detail that quotes the code in groups',
    (code) => ({ ok: false, reason: 'gateway_unavailable', detail: inGroups(code) }),
  ],
  ['a detail that is no text', (code) => ({ ok: false, reason: 'gateway_unavailable', detail: { code } })],
]

describe.each(databaseKinds())('the code of an application that sends codes, on the %s database', (where) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, [kind])
  })
  afterAll(() => database.close())

  /** Sends a code with one of the two senders, and collects everything that can be read afterwards. */
  async function deliver(sender: 'sms' | 'kind', result: (code: string) => unknown) {
    const otp = { ...testOtp(database), kinds: [...testOtp(database).kinds, kind] }
    const { id: userId } = await createUser(database)
    const columns = { topic: `a-long-random-topic-${userId}` }
    const device =
      sender === 'sms'
        ? await addPhone(otp, userId, { number: `+4152420${String(userId).padStart(4, '0')}` })
        : await addDevice(otp, undefined, kind, { userId, name: 'Phone', confirmed: true, columns })
    const { token: code } = await requestCode(otp, device)
    const log = testLog()
    // Returns any value, as JavaScript can.
    const send = async () => z.custom<DeliveryResult>().parse(result(code))
    const { keys, clock } = otp
    const worker = runWorker({
      ...testNotify(database, { send: async () => {}, close: () => {} }, { keys, clock, log: log.log }),
      embedded: where === 'embedded',
      ...(sender === 'sms' ? { sms: limitSms({ sendText: send, call: send }) } : { codeSenders: { ntfy: send } }),
    })
    await log.says(' sent"')
    await worker.stop()
    const read = async (sql: string) => (await database.pool.query(sql)).rows
    const [row] = await read(`select * from ${device.kind}_devices where id = ${device.id}`)
    const audit = await read(`select details from audit_events where user_id = ${userId}`)
    return { code, row, audit, jobs: await read('select id from graphile_worker.jobs'), log: log.text() }
  }

  it.each(
    (['sms', 'kind'] as const).flatMap((sender) => results.map(([title, result]) => ({ sender, title, result }))),
  )('$sender: returns $title, and the code is neither in the log nor in the audit log', async ({ sender, result }) => {
    const { code, row, audit, jobs, log } = await deliver(sender, result)
    expect(row).toMatchObject({ delivery: 'failed', delivery_error: 'gateway_unavailable', challenged_at: null })
    expect(audit).toEqual([{ details: { reason: 'gateway_unavailable' } }])
    expect(log).not.toMatch(new RegExp(`${code}|${inGroups(code)}`))
    expect(jobs).toEqual([])
  })

  it('can throw an error that quotes the code in its name and message', async () => {
    const { code, row, audit, jobs, log } = await deliver('kind', (quoted) => {
      throw new Quoting(quoted)
    })
    expect(row).toMatchObject({ delivery: 'failed', delivery_error: 'gateway_unavailable' })
    expect(audit).toEqual([{ details: { reason: 'gateway_unavailable' } }])
    expect(log).toContain('Error of ******')
    expect(log).not.toContain(code)
    expect(jobs).toEqual([])
  })
})
