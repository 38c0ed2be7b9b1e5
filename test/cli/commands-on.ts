import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { buildProgram, type CommandResult, startCommands, startServer } from '../support/command-line.js'
import { testConfig } from '../support/config.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const secretKey = randomBytes(32)
export const keys = createKeyring([secretKey])

// Opening the embedded database takes a second, so here a server has it open: embedded-database.test.ts
// runs every command without one.
export type Place = 'PostgreSQL' | 'a running server of the embedded database'
export const places: Place[] = ['a running server of the embedded database']
if (postgresUrl()) places.push('PostgreSQL')

/** Runs commands on a database of their own, which is there during the tests of the block. */
export function commandsOn(place: Place) {
  const environment: Record<string, string> = { NODE_ENV: 'test', SECRET_KEYS: secretKey.toString('base64') }
  const tidy: (() => unknown)[] = []
  // One process runs all commands.
  let commands: ReturnType<typeof startCommands>

  beforeAll(async () => {
    const folder = temporaryFolder(place === 'PostgreSQL' ? 'empty' : 'migrated')
    environment['DATA_DIR'] = folder
    tidy.unshift(() => rmSync(folder, { recursive: true, force: true }))
    if (place === 'PostgreSQL') {
      const { url, drop } = await createTestDatabase()
      environment['DATABASE_URL'] = url
      tidy.unshift(drop)
    }
    buildProgram()
    commands = startCommands()
    tidy.unshift(commands.stop)
    if (place === 'PostgreSQL') return
    const server = await startServer(environment)
    tidy.unshift(() => server.stop())
  }, 300_000)

  afterAll(async () => {
    for (const step of tidy) await step()
  })

  const otpAdmin = async (
    args: string[],
    variables: Record<string, string>,
    input?: string | Buffer,
  ): Promise<CommandResult> => await commands.run(args, variables, input)

  const run = async (args: string, input?: string): Promise<CommandResult> =>
    await otpAdmin(args.split(' '), environment, input)

  /** Queries the database as another process would. */
  async function look<T>(question: (database: Database) => Promise<T>): Promise<T> {
    const database = await connectDatabase(testConfig(environment), { embedded: 'share' })
    try {
      return await question(database)
    } finally {
      await database.close()
    }
  }

  const events = async (): Promise<string[]> =>
    await look(async ({ models }) =>
      (await models.AuditEvent.findAll({ order: ['id'], raw: true }))
        .filter((row) => row.event !== 'signed_in')
        .map((row) => `${row.event} ${row.user_id} ${row.device}`),
    )

  const userOf = async (email: string) =>
    await look(async ({ models }) => await models.User.findOne({ where: { email }, raw: true }))

  let added = 0
  /** A user for one test, with a password and nothing else. */
  const addUser = async () => {
    const email = `user${(added += 1)}@example.com`
    const { id } = await look(
      async ({ models }) => await models.User.create({ email, name: '', password_hash: 'of a password' }),
    )
    return { id, email }
  }

  return { environment, otpAdmin, run, look, events, userOf, addUser }
}
