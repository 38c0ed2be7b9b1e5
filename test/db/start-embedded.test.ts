import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { connectDatabase, type ConnectOptions } from '../../src/db/connect.js'
import { lockDataDir } from '../../src/db/embedded/lock-data-dir.js'
import { packageRoot } from '../../src/package-root.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
beforeEach(() => {
  folder = temporaryFolder('migrated')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = async (options?: ConnectOptions) => await connectDatabase(testConfig({ DATA_DIR: folder }), options)

async function makeTables(): Promise<void> {
  const database = await open()
  await database.pool.query('create table written (number integer primary key); create table counted (numbers integer)')
  await database.pool.query('insert into counted values (0)')
  await database.close()
}

const writer = (): ChildProcess =>
  spawn(process.execPath, ['scripts/run-typescript.mjs', 'test/db/write-until-killed.ts', folder], {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** The numbers that were acknowledged to a writer. It is killed after `stop` of them. */
async function acknowledged(child: ChildProcess, stop: number): Promise<number[]> {
  const numbers: number[] = []
  if (!child.stdout) throw new Error('The writer has no output')
  for await (const line of createInterface(child.stdout)) {
    numbers.push(Number(line))
    if (numbers.length === stop) child.kill('SIGKILL')
  }
  return numbers
}

test('keeps everything acknowledged after kill -9 in the middle of writing', async () => {
  await makeTables()
  const child = writer()
  const ended = once(child, 'exit')
  const numbers = await acknowledged(child, 200)
  await ended
  const database = await open()
  const written = await database.pool.query('select number from written order by number')
  const counted = await database.pool.query('select numbers from counted')
  await database.close()
  const found = written.rows.map((row) => row.number)
  expect(found.slice(0, numbers.length)).toEqual(numbers)
  // The write in flight may have been committed or not, but never in part.
  expect(found.length - numbers.length).toBeLessThanOrEqual(1)
  expect(counted.rows).toEqual([{ numbers: found.filter((number) => number % 3 === 0).length }])
})

test('rejects a second server on a data folder and names its owner, and the command line shares the folder', async () => {
  await makeTables()
  const first = writer()
  if (!first.stdout) throw new Error('The writer has no output')
  await once(first.stdout, 'data')
  await expect(open()).rejects.toMatchObject({ code: 'data_dir_in_use', message: RegExp(`process ${first.pid}\\b`) })
  const guest = await open({ embedded: 'share' })
  expect((await guest.pool.query('select 1 from written where number = 1')).rowCount).toBe(1)
  await guest.close()
  expect(first.exitCode).toBe(null)
  first.kill('SIGKILL')
  await once(first, 'exit')
})

test('does not open a folder twice in one process, and the rejection leaves the owner alone', async () => {
  const owner = await open()
  await expect(open()).rejects.toMatchObject({ message: RegExp(`process ${process.pid}\\b`) })
  await expect(open()).rejects.toMatchObject({ code: 'data_dir_in_use' })
  expect((await owner.pool.query('select 1')).rowCount).toBe(1)
  await owner.close()
})

test('starts the database for the command line if no server runs, and leaves nothing behind', async () => {
  const guest = await open({ embedded: 'share' })
  expect((await guest.pool.query('select 1')).rowCount).toBe(1)
  await guest.close()
  expect(readdirSync(folder)).toEqual(['postgres'])
})

test('lets only one of several processes that start at the same time use the folder', async () => {
  const results = await Promise.allSettled(Array.from({ length: 5 }, async () => await open()))
  const [winner, ...others] = results.filter((result) => result.status === 'fulfilled')
  expect(others).toEqual([])
  await winner?.value.close()
})

test.each([
  ['of a process that is gone', { pid: 4_194_304, started: 'x' }],
  ['whose process id is another process by now', { pid: process.pid, started: 'x' }],
  ['that a crash of the machine cut off', undefined],
])('starts the server despite a lock %s', async (_, owner) => {
  writeFileSync(path.join(folder, 'server.pid'), owner ? JSON.stringify(owner) : '')
  writeFileSync(path.join(folder, '.s.PGSQL.5432'), '')
  const database = await open()
  expect((await database.pool.query('select 1')).rowCount).toBe(1)
  await database.close()
  expect(existsSync(path.join(folder, 'server.pid'))).toBe(false)
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'starts the server despite a killed owner that was never reaped',
  async () => {
    // The shell becomes `sleep` and never waits for its child, which writes its process ID and kills itself.
    const parent = spawn('sh', ['-c', "sh -c 'cat /proc/$$/stat; kill -9 $$' & exec sleep 60"], { stdio: 'pipe' })
    const [stat] = await once(parent.stdout, 'data')
    const fields = String(stat).trim().split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(
      path.join(folder, 'server.pid'),
      JSON.stringify({ pid: Number(fields[0]), started: `${boot}/${fields[21]}` }),
    )
    await expect.poll(() => readFileSync(`/proc/${fields[0]}/stat`, 'utf8')).toContain(') Z ')
    const database = await open()
    await database.close()
    parent.kill()
  },
)

test('starts again after a first start that was killed, in a folder that only its owner can read', async () => {
  const fresh = path.join(folder, 'fresh')
  mkdirSync(path.join(fresh, 'postgres.new'), { recursive: true, mode: 0o755 })
  writeFileSync(path.join(fresh, 'postgres.new', 'PG_VERSION'), '18\n')
  const database = await connectDatabase(testConfig({ DATA_DIR: fresh }))
  expect((await database.pool.query('select 1')).rowCount).toBe(1)
  expect(statSync(fresh).mode & 0o777).toBe(0o700)
  expect(statSync(path.join(fresh, '.s.PGSQL.5432')).mode & 0o077).toBe(0)
  await database.close()
})

test('rejects a data folder whose path is too long for a socket, by name', async () => {
  const long = testConfig({ DATA_DIR: path.join(folder, 'x'.repeat(100)) })
  await expect(connectDatabase(long)).rejects.toMatchObject({ code: 'data_dir_too_long' })
})

describe('a folder that another process uses for a while', () => {
  const program = { env: { PATH: process.env['PATH'] }, cwd: packageRoot, stdio: 'pipe' } as const
  const holder = () =>
    spawn(process.execPath, ['scripts/run-typescript.mjs', 'test/db/hold-folder.ts', folder], program)

  it('is waited for by a server if a command uses it', async () => {
    const command = holder()
    await once(command.stdout, 'data')
    const server = open()
    command.stdin.end()
    await once(command, 'exit')
    const database = await server
    expect((await database.pool.query('select 1')).rowCount).toBe(1)
    await database.close()
  })

  it('is shared by two commands, and the first one waits for the second', async () => {
    const command = holder()
    await once(command.stdout, 'data')
    const guest = await open({ embedded: 'share' })
    await guest.pool.query('select 1')
    command.stdin.end()
    expect((await guest.pool.query('select pg_sleep(0.1)')).rowCount).toBe(1)
    expect(command.exitCode).toBe(null)
    await Promise.all([guest.close(), once(command, 'exit')])
  })

  it('is shared with a server that is starting, and waited for while it does', async () => {
    const fresh = path.join(folder, 'fresh')
    const config = testConfig({ DATA_DIR: fresh })
    const [server, guest] = await Promise.all([connectDatabase(config), connectDatabase(config, { embedded: 'share' })])
    expect((await guest.pool.query('select 1')).rowCount).toBe(1)
    await guest.close()
    await server.close()
  })

  it('is waited for by a server if the previous one is stopping', async () => {
    const before = await open()
    await expect(open()).rejects.toMatchObject({ code: 'data_dir_in_use' })
    before.announceStop()
    const after = open()
    await before.close()
    await (await after).close()
  })

  it.each([
    ['fresh', 'is in use', 0],
    ['old', 'is free', 60],
  ])('that a process in another container uses is checked by its signs of life: %s %s', async (_, verdict, age) => {
    const lock = path.join(folder, 'server.pid')
    writeFileSync(lock, JSON.stringify({ pid: 1, started: 'x', role: 'server', namespace: 'pid:[1]' }))
    const beat = new Date(Date.now() - age * 1000)
    utimesSync(lock, beat, beat)
    const result = lockDataDir(folder, 'server')
    expect(result.ok).toBe(verdict === 'is free')
    if (result.ok) result.release()
  })

  it.each([-60, 86_400])(
    'is taken over from a killed process whose takeover is dated %i seconds from now',
    (seconds) => {
      writeFileSync(path.join(folder, 'server.pid'), JSON.stringify({ pid: 2 ** 22 + 1, started: 'x', role: 'server' }))
      const takeover = path.join(folder, 'server.pid.takeover')
      writeFileSync(takeover, '')
      const date = new Date(Date.now() + seconds * 1000)
      utimesSync(takeover, date, date)
      const result = lockDataDir(folder, 'server')
      expect(result.ok).toBe(true)
      if (result.ok) result.release()
    },
  )
})
