import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { QR_CODE, SETUP, SETUP_COMPLETE } from '../support/setup-steps.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

describe('setup by invitation only', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_ENROLMENT: 'invite' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  it('is not opened by a password alone, at any step', async () => {
    const person = await createTestUser(site, { app: false })
    const browser = await signIn(site, person)
    expect((await browser.get('/account/login')).text).toContain('Ask an administrator')
    for (const path of [
      SETUP,
      QR_CODE,
      SETUP_COMPLETE,
      '/account/two-factor/phones/add',
      '/account/two-factor/security-keys/add',
    ])
      expect((await browser.get(path)).location).toBe(`/account/login?next=${encodeURIComponent(path)}`)
    expect((await browser.post(SETUP, { method: 'totp' })).location).toMatch(/^\/account\/login/)
    expect((await database.pool.query('select from totp_devices where user_id = $1', [person.id])).rowCount).toBe(0)
  })

  it('is open to a verified user who adds another device', async () => {
    const browser = await signIn(site, await createTestUser(site))
    expect((await browser.get(SETUP)).status).toBe(200)
  })
})
