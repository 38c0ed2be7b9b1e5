import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, startTestSite, type TestSite } from '../support/site.js'
import { commands, type Real } from './level-commands.js'
import { LevelModel } from './level-model.js'

const RUNS = 50
const LONGEST = 30
/** The same walks every time. `LEVELS_SEED=2 npx vitest run test/security/levels.test.ts` runs others. */
const SEED = Number(process.env['LEVELS_SEED'] ?? 1)

const REACHED = [
  'password',
  'token',
  'step-up',
  'add',
  'remove',
  'disable',
  'password change',
  'fresh',
  'level verified',
]

describe('anything one user does in two browsers', () => {
  let database: Database
  let site: TestSite
  const seen = new Map<string, number>()

  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_POLICY: 'off', OTP_THROTTLE_FACTOR: '0' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const begin = async (): Promise<{ model: LevelModel; real: Real }> => {
    const person = await createTestUser(site, { app: false })
    const browsers: Real['browsers'] = [site.browser(), site.browser()]
    const real: Real = { site, person, browsers, secrets: new Map(), password: person.password, seen }
    return { model: new LevelModel(), real }
  }

  it('gives no session a level that the model denies', { timeout: 300_000 }, async () => {
    const walks = fc.asyncProperty(fc.commands(commands, { maxCommands: LONGEST, size: '+1' }), (chosen) =>
      fc.asyncModelRun(begin, chosen),
    )
    const walked = await fc.check(walks, { numRuns: RUNS, seed: SEED })
    expect(fc.defaultReportMessage(walked)).toBeUndefined()
    // A level that no walk has reached is not tested by any.
    expect(REACHED.filter((what) => !seen.has(what))).toEqual([])
  })
})
