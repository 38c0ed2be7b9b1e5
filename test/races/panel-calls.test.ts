import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../src/db/connect.js'
import type { HttpResponse } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { postgresUrl } from '../support/postgres-database.js'
import { createTestUser, signIn, startTestSite, stepUp, type TestSite } from '../support/site.js'

describe.skipIf(!postgresUrl())('a panel call that arrives while the same call is still running', () => {
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

  it('returns the same response, although its session is read only after the first response', async () => {
    const boss = await signIn(site, await createTestUser(site, { superuser: true }))
    await stepUp(boss)
    const { id } = await createTestUser(site)
    await database.pool.query('delete from repeated_forms')
    const giveToken = () => boss.post(`/admin/api/resources/users/records/${id}/giveBackupToken`, {})

    const first = await holding(`select from users where id = ${id} for update`, async () => {
      const answer = giveToken()
      await waiters(1)
      return { answer }
    })
    const second = await holding('lock table sessions in access exclusive mode', async () => {
      const answer = giveToken()
      await waiters(2)
      await first.release()
      await vi.waitUntil(isKept, { timeout: 100_000 })
      return { answer }
    })
    await second.release()

    expect(secretOf(await second.answer)).toBe(secretOf(await first.answer))
  })

  /** Sends a request while a statement locks what it needs; `release` lets it continue. */
  async function holding<Sent>(sql: string, send: () => Promise<Sent>) {
    const client = await database.pool.connect()
    const release = async () => {
      await client.query('commit')
      client.release()
    }
    await client.query('begin')
    await client.query(sql)
    return { ...(await send()), release }
  }

  const waiters = (count: number) =>
    vi.waitUntil(
      async () => {
        const { rowCount } = await database.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rowCount === count
      },
      { timeout: 100_000 },
    )

  async function isKept(): Promise<boolean> {
    const { rowCount } = await database.pool.query('select from repeated_forms where answer is not null')
    return rowCount !== 0
  }
})

const secretOf = ({ text }: HttpResponse) =>
  z.object({ given: z.object({ secret: z.string() }) }).parse(JSON.parse(text)).given.secret
