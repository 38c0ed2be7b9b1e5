import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSoftwareYubikey } from '../examples/custom-device/software-yubikey.js'
import { installExample } from '../examples/run-example.js'
import { type CommandResult, otpAdmin } from '../support/command-line.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'

describe.skipIf(!postgresUrl())('commands that add the same twice on PostgreSQL', () => {
  const tidy: (() => unknown)[] = []
  let environment: Record<string, string>
  /** One holds the lock, and the other one looks: inside a transaction, `pg_stat_activity` does not change. */
  let holder: Client
  let client: Client

  beforeAll(async () => {
    const example = installExample('custom-device')
    tidy.unshift(example.remove)
    const { url, drop } = await createTestDatabase()
    tidy.unshift(drop)
    environment = {
      NODE_ENV: 'test',
      SECRET_KEYS: randomBytes(32).toString('base64'),
      DATABASE_URL: url,
      OTP_KINDS: path.join(example.folder, 'kinds.js'),
    }
    holder = new Client({ connectionString: url })
    client = new Client({ connectionString: url })
    for (const each of [holder, client]) {
      await each.connect()
      tidy.unshift(() => each.end())
    }
  }, 300_000)
  afterAll(async () => {
    for (const step of tidy) await step()
  })

  const run = async (args: string, input = '') => await otpAdmin(args.split(' '), environment, input)

  let users = 0
  async function createUser(): Promise<string> {
    const email = `racer${(users += 1)}@example.com`
    expect((await run(`create-user --email ${email} --staff`)).status).toBe(0)
    return email
  }

  /** Runs all commands until each waits for the lock, then lets them continue. Those that failed are the last results. */
  async function race(lock: string, commands: (() => Promise<CommandResult>)[]): Promise<CommandResult[]> {
    await holder.query(`begin; ${lock}`)
    const results = commands.map((command) => command())
    try {
      await vi.waitUntil(async () => (await waiting()) === commands.length, { timeout: 60_000 })
    } finally {
      await holder.query('commit')
    }
    return (await Promise.all(results)).toSorted((a, b) => Number(a.status) - Number(b.status))
  }

  async function waiting(): Promise<number> {
    const { rowCount } = await client.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rowCount ?? 0
  }

  it('creates a user once, and names the problem for the other command', async () => {
    const create = () => run('create-user --email twice@example.com --staff')
    const [created, rejected] = await race('lock table users in share row exclusive mode', [create, create])
    expect(created).toMatchObject({ status: 0, stderr: '' })
    expect(rejected).toEqual({
      status: 1,
      stdout: '',
      stderr: 'user_exists: User twice@example.com already exists. Choose another email address.\n',
    })
  })

  it('adds a device of a custom kind once, and names the problem for the other command', async () => {
    const email = await createUser()
    const key = createSoftwareYubikey()
    const add = () => {
      const fields = { private_id: key.privateId, aes_key: key.aesKey, otp: key.touch() }
      return run(`add-yubikey --user ${email} --fields-stdin`, JSON.stringify(fields))
    }
    const lock = `select from users where email = '${email}' for update`
    const [added, rejected] = await race(lock, [add, add])
    expect(added).toMatchObject({ status: 0, stdout: expect.stringMatching(/^yubikey\/\d+\n$/) })
    expect(rejected).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'device_exists: Another device of the kind "yubikey" has a value that only one device can have. Look up the device in the panel, or add another one.\n',
    })
  })

  it('adds the same backup token once, without an error', async () => {
    const email = await createUser()
    const add = () => run(`add-static-token --user ${email} --token-stdin`, 'abcdefgh23456723\n')
    const both = await race(`select from users where email = '${email}' for update`, [add, add])
    expect(both.map(({ status, stdout }) => [status, stdout])).toEqual([
      [0, 'abcdefgh23456723\n'],
      [0, 'abcdefgh23456723\n'],
    ])
    expect((await client.query('select from static_tokens')).rowCount).toBe(1)
  })

  it('seeds nothing if one of the demo users exists, and names the problem', async () => {
    await run('create-user --email ada@example.com')
    expect(await run('seed')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'user_exists: One of the demo users already exists, so none of them was added. Use an empty database, or change the email address of that user.\n',
    })
    expect((await client.query(`select from users where email = 'grace@example.com'`)).rowCount).toBe(0)
    await client.query(`delete from users where email = 'ada@example.com'`)
  })

  it('seeds once', async () => {
    const seed = () => run('seed')
    const both = await race('lock table seeders in share row exclusive mode', [seed, seed])
    expect(both.map(({ status }) => status)).toEqual([0, 0])
    expect(both.filter(({ stdout }) => stdout.includes('Password: '))).toHaveLength(1)
  })
})
