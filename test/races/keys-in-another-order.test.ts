import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { takeNotice, takeRequest } from '../../src/notify/take-request.js'
import { openTestDatabase } from '../support/database.js'

const [K1, K2] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
// While keys are exchanged, two processes count what concerns one person in rows of different names.
const [one, other] = [createKeyring([K1, K2]), createKeyring([K2, K1])]
const now = new Date('2026-03-01T12:00:00Z')

let database: Database
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

/** Runs this work in twenty transactions at once, by turns as each process. */
const race = <Result>(work: (services: Parameters<typeof takeRequest>[0]) => Promise<Result>) =>
  Promise.all(Array.from({ length: 20 }, (_, place) => work({ database, keys: place % 2 === 0 ? one : other })))

describe('two processes with the same keys in another order', () => {
  it.each([1, 2, 3, 4, 5])('share the limit of emails to one address for requests at once, round %i', async (round) => {
    const counted = [{ purpose: 'invitation', subject: `person${round}@example.com` }] as const
    const waits = await race((services) =>
      database.sequelize.transaction((transaction) => takeRequest(services, transaction, now, counted)),
    )
    expect(waits.filter((wait) => wait === null)).toHaveLength(5)
  })

  it.each([1, 2, 3])('find the one notice that is the first beyond the limit, round %i', async (round) => {
    const results = await race((services) =>
      database.sequelize.transaction((transaction) => takeNotice(services, transaction, now, `user:${round}`)),
    )
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(10)
    expect(results.filter((result) => !result.allowed && result.first)).toHaveLength(1)
  })
})
