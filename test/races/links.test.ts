import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { createLink, type LinkPurpose } from '../../src/auth/links/one-time-link.js'
import { openTestDatabase } from '../support/database.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { postgresUrl } from '../support/postgres-database.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

describe.skipIf(!postgresUrl())('a link that is made while its owner changes, on PostgreSQL', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
    site = await startTestSite(database)
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** Runs the change while the request waits for the named table. */
  const changeWithin = async <Sent>(
    table: string,
    send: () => Promise<Sent>,
    change: (client: PoolClient) => Promise<unknown>,
  ): Promise<Sent> => {
    const client = await database.pool.connect()
    try {
      await client.query('begin')
      await client.query(`lock table ${table} in exclusive mode`)
      const sending = send()
      await vi.waitUntil(async () => (await waiting()) > 0, { timeout: 100_000 })
      await change(client)
      await client.query('commit')
      return await sending
    } finally {
      client.release()
    }
  }

  it('does not outlive a session that ended during the password check', async () => {
    const alice = await createTestUser(site, { staff: false })
    const eve = await signIn(site, alice)
    const wanted = `eve.${alice.id}@example.com`
    const answer = await changeWithin(
      'password_failures',
      () => eve.post('/account/email', { email: wanted, password: alice.password }),
      (client) => client.query('update users set auth_epoch = auth_epoch + 1 where id = $1', [alice.id]),
    )
    expect(answer).toMatchObject({ status: 303, location: '/account/login' })
    expect(await queuedEmailsTo(database, wanted)).toEqual([])
  })

  it('cannot reset the password from an email address that was changed in the meantime', async () => {
    const alice = await createTestUser(site, { staff: false, app: false })
    await changeWithin(
      'one_time_links',
      () => site.browser().post('/account/password/forgot', { username: alice.email }),
      // Waits for the request if that has locked the user's row, and must not block it in turn.
      async () => {
        void database.pool.query('update users set email = $2 where id = $1', [alice.id, `new.${alice.id}@example.com`])
        await vi.waitUntil(async () => (await emailOf(alice.id)) !== alice.email || (await waiting()) > 1)
      },
    )
    await vi.waitUntil(async () => (await queuedEmailsTo(database, alice.email)).length > 0, { timeout: 100_000 })
    await vi.waitUntil(async () => (await emailOf(alice.id)) !== alice.email, { timeout: 100_000 })
    const links = (await queuedEmailsTo(database, alice.email)).flatMap((mail) => ('link' in mail ? [mail.link] : []))
    expect(links).toHaveLength(1)
    for (const link of links) expect((await site.browser().get(new URL(link).pathname)).code).toBe('link_invalid')
  })

  const pages: Record<LinkPurpose, string> = {
    invitation: '/account/invitation',
    'password-reset': '/account/password/reset',
    'email-confirmation': '/account/email/confirm',
  }
  const purposes: readonly LinkPurpose[] = ['invitation', 'password-reset', 'email-confirmation']
  const changes: readonly { title: string; set: string; stay: readonly LinkPurpose[] }[] = [
    { title: 'another email address', set: `email = 'moved.' || email`, stay: [] },
    { title: 'deactivation', set: 'is_active = false', stay: [] },
    { title: 'another password', set: `password_hash = password_hash || 'x'`, stay: ['invitation'] },
    { title: 'the end of all sessions', set: 'auth_epoch = auth_epoch + 1', stay: ['invitation'] },
    { title: 'another epoch of the host', set: `external_epoch = 'two'`, stay: ['invitation'] },
    { title: 'another name', set: `name = 'Another name'`, stay: purposes },
  ]
  const pairs = changes.flatMap((change) => purposes.map((purpose) => ({ ...change, purpose })))

  it.each(pairs)(
    'is redeemed only if it outlives $title at the same moment: $purpose',
    async ({ set, stay, purpose }) => {
      const { id, password } = await createTestUser(site, { staff: false, app: false })
      const details = purpose === 'email-confirmation' ? { email: `next.${id}@example.com` } : {}
      const { token } = await database.sequelize.transaction((transaction) =>
        createLink(site.otp, transaction, { purpose, userId: id, details }),
      )
      const client = await database.pool.connect()
      await client.query('begin')
      await client.query(`update users set ${set} where id = $1`, [id])
      const redeeming = site.browser().post(`${pages[purpose]}/${token}`, { password })
      await vi.waitUntil(async () => (await waiting()) > 0, { timeout: 100_000 })
      await client.query('commit')
      client.release()
      expect((await redeeming).code !== 'link_invalid').toBe(stay.includes(purpose))
    },
  )

  async function emailOf(id: number): Promise<string> {
    const { rows } = await database.pool.query<{ email: string }>('select email from users where id = $1', [id])
    return rows[0]?.email ?? ''
  }

  /** How many statements wait for a lock. */
  async function waiting(): Promise<number> {
    const { rowCount } = await database.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rowCount ?? 0
  }
})
