import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { createSmtpGateway } from '../../src/notify/gateways/smtp.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { unlockDeadWorkers } from '../../src/notify/unlock-dead-workers.js'
import { packageRoot } from '../../src/package-root.js'
import { testConfig } from '../support/config.js'
import { databaseKinds } from '../support/database.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { listJobs, testNotify } from '../support/notify.js'
import { createTestDatabase } from '../support/postgres-database.js'
import { startSmtpServer } from '../support/smtp-server.js'

const script = path.join(packageRoot, 'node_modules/.cache/otp-admin-site/worker-process.mjs')
const sender = { name: 'Night Desk', address: 'no-reply@admin.example.com' }

describe.each(databaseKinds())('a process killed while delivering on %s', (kind) => {
  beforeAll(() => bundle())

  it('loses nothing: another process delivers the same message', async () => {
    const key = randomBytes(32)
    const where = await place(kind)
    const smtp = await startSmtpServer('hang')
    onTestFinished(() => smtp.close())
    const seen = smtp.next('seen')
    const child = start({ ...where, SMTP_URL: smtp.url, SECRET_KEYS: key.toString('base64') })
    await seen
    child.kill('SIGKILL')
    await once(child, 'exit')

    const database = await connectDatabase(testConfig(where))
    onTestFinished(() => database.close())
    expect(await listJobs(database)).toMatchObject([{ attempts: 1, locked_by: expect.stringMatching(/^worker-/) }])
    if (kind === 'postgres') await letTimePass(database)

    smtp.behaviour = 'accept'
    const accepted = smtp.next('accepted')
    const gateway = createSmtpGateway(smtp.url, sender)
    onTestFinished(() => gateway.close())
    const worker = runWorker(
      testNotify(database, gateway, { keys: createKeyring([key]), embedded: kind === 'embedded' }),
    )
    await accepted
    await worker.stop()
    expect(await listJobs(database)).toEqual([])
    expect(smtp.seen).toHaveLength(2)
    expect(smtp.seen[1]?.messageId).toBe(smtp.seen[0]?.messageId)
  })
})

/** A job is free again if its lock is old and its worker silent, not with only one of them. */
async function letTimePass(database: Database): Promise<void> {
  const minuteAgo = "now() - interval '1 minute'"
  expect(await unlockDeadWorkers(database, 15)).toBe(0)
  await database.pool.query(`update graphile_worker._private_jobs set locked_at = ${minuteAgo}`)
  expect(await unlockDeadWorkers(database, 15)).toBe(0)
  await database.pool.query(`update job_processes set seen_at = ${minuteAgo}`)
}

async function place(kind: string): Promise<Record<string, string>> {
  if (kind === 'embedded') {
    const folder = temporaryFolder('migrated')
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return { DATA_DIR: folder }
  }
  const created = await createTestDatabase()
  onTestFinished(async () => created.drop())
  return { DATABASE_URL: created.url }
}

function start(environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Node 20 cannot run TypeScript. */
async function bundle(): Promise<void> {
  await build({
    entryPoints: [path.join(packageRoot, 'test/support/worker-process.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
}
