import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { Client } from 'pg'
import { QueryTypes } from 'sequelize'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const folder = temporaryFolder('migrated')
let database: Database

beforeAll(async () => {
  database = await connectDatabase(testConfig({ DATA_DIR: folder }))
  await database.pool.query('create table counters (name text primary key, value integer not null)')
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  await database.pool.query('truncate counters')
  await database.pool.query(`insert into counters values ('shared', 0)`)
})

async function newClient(): Promise<Client> {
  const client = new Client({ host: folder, user: 'postgres', database: 'postgres' })
  await client.connect()
  return client
}

const shared = async () => (await database.pool.query(`select value from counters where name = 'shared'`)).rows[0].value

/** What a sign-in does: limits and session on the pool, a transaction with locks, a short-lived connection. */
async function race(racer: number): Promise<void> {
  const { sequelize, pool } = database
  await pool.query({ name: 'limits', text: 'select points from rate_limits where key = $1', values: [`r${racer}`] })
  await pool.query(
    'insert into sessions (sid, sess, expire) values ($1, $2, now()) on conflict (sid) do update set sess = $2',
    [`s${racer}`, '{}'],
  )
  await sequelize.transaction(async (transaction) => {
    const lock = `select value from counters where name = 'shared' for update`
    const row = await sequelize.query<{ value: number }>(lock, { transaction, type: QueryTypes.SELECT, plain: true })
    const read = row?.value ?? 0
    await sequelize.query('insert into counters values ($1, $2)', { bind: [`racer ${racer}`, read], transaction })
    await sequelize.query(`update counters set value = $1 where name = 'shared'`, { bind: [read + 1], transaction })
  })
  const passing = await newClient()
  await passing.query('select $1::integer', [racer])
  await passing.end()
}

test('completes 20 concurrent transactions without a lost update', async () => {
  await Promise.all(Array.from({ length: 20 }, async (_, racer) => await race(racer)))
  expect(await shared()).toBe(20)
  const places = await database.pool.query(`select value from counters where name like 'racer %' order by value`)
  expect(places.rows.map((row) => row.value)).toEqual(Array.from({ length: 20 }, (_, place) => place))
})

test('runs transactions of two connections one after the other', async () => {
  const [first, second] = [await newClient(), await newClient()]
  await first.query('begin')
  await first.query(`update counters set value = 1 where name = 'shared'`)
  const order: string[] = []
  const later = second.query(`select value from counters where name = 'shared'`).then((result) => {
    order.push('second reads')
    return result.rows[0].value
  })
  await first.query('commit').then(() => order.push('first commits'))
  expect(await later).toBe(1)
  expect(order).toEqual(['first commits', 'second reads'])
  await Promise.all([first.end(), second.end()])
})

test('rolls back the transaction of a client that dies, and the others continue', async () => {
  const dying = await newClient()
  dying.on('error', () => {})
  await dying.query('begin')
  await dying.query(`update counters set value = 99 where name = 'shared'`)
  const waiting = shared()
  dying.connection.stream.destroy()
  expect(await waiting).toBe(0)
})

test('ends a failed transaction only for its own connection', async () => {
  const client = await newClient()
  await client.query('begin')
  await expect(client.query('select nonsense')).rejects.toThrow('nonsense')
  const waiting = shared()
  await expect(client.query('select 1')).rejects.toThrow('aborted')
  await client.query('rollback')
  expect(await waiting).toBe(0)
  await client.end()
})

const ask = async (client: Client, text: string) =>
  (await client.query({ name: 'ask', text, values: [1] })).rows[0].answer

test('lets two connections give different statements the same name', async () => {
  const [first, second] = [await newClient(), await newClient()]
  expect(await ask(first, 'select $1::integer + 1 as answer')).toBe(2)
  expect(await ask(second, 'select $1::integer + 10 as answer')).toBe(11)
  expect(await ask(first, 'select $1::integer + 1 as answer')).toBe(2)
  await Promise.all([first.end(), second.end()])
})

test('forgets the statements of a connection that ended', async () => {
  const client = await newClient()
  await client.query({ name: 'passing', text: 'select 1' })
  await client.end()
  const left = await database.pool.query(`select name from pg_prepared_statements where name like '%passing'`)
  expect(left.rows).toEqual([])
})

test('keeps an error in the middle of one connection out of the others', async () => {
  const clients = await Promise.all(Array.from({ length: 10 }, newClient))
  const answers = clients.map(async (client, index) =>
    index % 2 === 0
      ? await client.query('select $1::integer as answer', [index]).then((result) => result.rows[0].answer)
      : await client.query('select $1::integer / 0', [index]).catch((error: Error) => error.message),
  )
  expect(await Promise.all(answers)).toEqual(clients.map((_, index) => (index % 2 === 0 ? index : 'division by zero')))
  await Promise.all(clients.map(async (client) => await client.end()))
})

test('writes and reads a large row completely', async () => {
  const text = 'ä'.repeat(1_500_000)
  const result = await database.pool.query('select $1::text as text', [text])
  expect(result.rows[0].text).toBe(text)
})

test('rejects COPY FROM STDIN, which would end the embedded database, with an error', async () => {
  const client = await newClient()
  const refusal = { code: '0A000' }
  await expect(client.query('copy counters from stdin')).rejects.toMatchObject(refusal)
  await expect(client.query({ name: 'copy', text: 'COPY counters (name)\nFROM STDIN' })).rejects.toMatchObject(refusal)
  const words = await client.query('select $1::text as words', ['; copy a from stdin'])
  expect(words.rows).toEqual([{ words: '; copy a from stdin' }])
  await client.end()
})

test("ends only the connection that sends bytes that are not PostgreSQL's protocol", async () => {
  const socket = connect(path.join(folder, '.s.PGSQL.5432'))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.write(Buffer.alloc(16))
  await closed
  expect(await shared()).toBe(0)
})
