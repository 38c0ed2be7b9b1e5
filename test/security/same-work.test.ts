import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { OutgoingMail } from '../../src/notify/gateways/mail-gateway.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { testLog, testNotify } from '../support/notify.js'
import { createTestUser, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { preferredDatabase } from '../support/database.js'

const forgot = '/account/password/forgot'
/** The default of vitest is a second, which is short on a busy machine. */
const PATIENCE = { timeout: 100_000 }
let site: TestSite
beforeAll(async () => void (site = await openSite()))
afterAll(() => site.close())

const jobs = async () => {
  const { rows } = await site.database.pool.query<{ size: number }>(
    'select length(payload::text) as size from graphile_worker._private_jobs order by id',
  )
  return rows.map(({ size }) => size)
}

const textOf = (query: unknown): string => {
  if (typeof query === 'string') return query
  const text: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'text') : undefined
  return String(text)
}

/** Every statement of any connection during the work, in order, without the comments of Sequelize. */
async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  const sent = vi.spyOn(Client.prototype, 'query')
  await run()
  const statements = sent.mock.calls.map(([query]) => textOf(query).replaceAll(/\/\*.*?\*\//g, ''))
  sent.mockRestore()
  return statements
}

describe('a forgotten password', () => {
  const typed = async () => {
    const known = await createTestUser(site)
    const inactive = await createTestUser(site, { active: false })
    return { known, inactive, nobody: `nobody${known.id}@example.com` }
  }

  /** Requests a link, and waits for the job that every request leaves. */
  const workFor = async (username: string, browser = site.browser()) => {
    const before = (await jobs()).length
    const statements = await statementsOf(async () => {
      await browser.post(forgot, { username })
      // A query would be counted as well: the second commit is the last statement of a request.
      await vi.waitFor(() => expect(commits()).toBe(2), PATIENCE)
    })
    await vi.waitFor(async () => expect((await jobs()).length).toBeGreaterThan(before), PATIENCE)
    return { statements, jobs: (await jobs()).length - before }
  }
  const commits = () =>
    vi.mocked(Client.prototype.query).mock.calls.filter(([query]) => /^commit/i.test(textOf(query))).length

  it('takes the same statements and one job for any address, known or not', async () => {
    const { known, inactive, nobody } = await typed()
    await workFor(known.email)
    const expected = await workFor(known.email)
    expect(expected.jobs).toBe(1)
    expect(expected.statements.length).toBeGreaterThan(5)
    for (const username of [nobody, inactive.email, 'no address at all'])
      expect(await workFor(username)).toEqual(expected)
  })

  it('takes the same statements for every address in a browser that is known for another account', async () => {
    const { known, inactive, nobody } = await typed()
    const other = await createTestUser(site, { staff: false, app: false })
    const browser = site.browser()
    await browser.post('/account/login', { username: other.email, password: other.password })
    browser.cookies.delete('otp_session')
    await workFor(known.email, browser)
    const expected = await workFor(known.email, browser)
    for (const username of [nobody, inactive.email, 'no address at all'])
      expect(await workFor(username, browser)).toEqual(expected)
  })

  it('writes a link and an event only for the owner of the address', async () => {
    const { known, inactive, nobody } = await typed()
    const count = async () => {
      const sql = `select (select count(*)::int from one_time_links) as links, (select count(*)::int from audit_events) as events`
      return (await site.database.pool.query(sql)).rows[0]
    }
    const { links, events } = await count()
    for (const username of [nobody, inactive.email]) await workFor(username)
    expect(await count()).toEqual({ links, events })
    await workFor(known.email)
    expect(await count()).toEqual({ links: links + 1, events: events + 1 })
  })

  it('sends an email only to the owner, and logs nothing about the others', async () => {
    await site.database.pool.query('delete from graphile_worker._private_jobs')
    const { known, nobody } = await typed()
    const sent: OutgoingMail[] = []
    const gateway = { send: async (mail: OutgoingMail) => void sent.push(mail), close: () => {} }
    const log = testLog()
    for (const username of [nobody, known.email, `other-${nobody}`]) await workFor(username)
    const worker = runWorker(
      testNotify(site.database, gateway, {
        keys: createKeyring([Buffer.alloc(32, 7)]),
        clock: site.clock,
        embedded: preferredDatabase() === 'embedded',
        log: log.log,
      }),
    )
    await expect.poll(jobs, PATIENCE).toEqual([])
    await worker.stop()
    expect(sent.map(({ to }) => to.address)).toEqual([known.email])
    expect(log.text()).not.toContain('"level":50')
  })
})

describe('a sign-in with an incorrect password', () => {
  it('takes the same statements for an account and for a login that nobody has, attempt by attempt', async () => {
    const { email } = await createTestUser(site)
    const work = async (username: string) => {
      const statements: string[][] = []
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const form = { username, password: `wrong-${attempt}` }
        statements.push(await statementsOf(() => site.browser().post('/account/login', form)))
      }
      return statements
    }
    expect(await work(email)).toEqual(await work(`nobody-${email}`))
  })
})
