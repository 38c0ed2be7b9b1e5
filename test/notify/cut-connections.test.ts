import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'

const script = path.join(packageRoot, 'node_modules/.cache/otp-admin-site/cut-process.mjs')

describe.skipIf(!postgresUrl())('the job worker', () => {
  beforeAll(async () => {
    await build({
      entryPoints: [path.join(packageRoot, 'test/support/cut-process.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    })
  })

  it('survives a connection that breaks at any message of its start, work and stop', { timeout: 300_000 }, async () => {
    const where = await createTestDatabase()
    onTestFinished(() => where.drop())
    const child = spawn(process.execPath, [script], {
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', DATABASE_URL: where.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect({
      ended: await ended,
      complaints: complaints.replace(/^Trace: .*(?:\n\s+at .*)*$/gm, '').trim(),
    }).toMatchObject({ ended: [0, null] })
    const { started, stopped } = JSON.parse(said)
    expect(started).toBeGreaterThan(50)
    expect(stopped).toBeGreaterThan(3)
  })
})
