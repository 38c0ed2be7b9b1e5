import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import type { Database } from '../../src/db/connect.js'
import { noClient } from '../../src/client-info.js'
import { openTestDatabase } from '../support/database.js'
import { postgresUrl } from '../support/postgres-database.js'
import { createTestUser, startTestSite, type TestSite } from '../support/site.js'

describe.skipIf(!postgresUrl())('an invitation on PostgreSQL', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
    site = await startTestSite(database, { OTP_ENROLMENT: 'invite' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  it('rejects the link without an error if it is used while another one is made', async () => {
    const { id, password } = await createTestUser(site, { app: false })
    const invitation = { userId: id, actorId: null, client: noClient }
    const { sequelize, models } = database
    const first = await sequelize.transaction((transaction) =>
      createInvitation(site.otp, transaction, invitation, site.baseUrl),
    )
    const taking = sequelize.transaction(async (transaction) => {
      // As the panel does: nobody else can change that user in the meantime.
      await models.User.findByPk(id, { transaction, lock: true })
      const answer = site.browser().post(new URL(first.link).pathname, { password })
      await vi.waitUntil(async () => (await waiting()) > 0, { timeout: 100_000 })
      await createInvitation(site.otp, transaction, invitation, site.baseUrl)
      return { answer }
    })
    expect(await (await taking).answer).toMatchObject({ status: 404, code: 'link_invalid' })
  })

  /** How many statements wait for a row that is locked elsewhere. */
  async function waiting(): Promise<number> {
    const { rowCount } = await database.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rowCount ?? 0
  }
})
