import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { createHttpBrowser } from '../support/http-browser.js'
import { buildProgram, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** Runs `npm start` as a person types it, until it has printed how to sign in. */
async function npmStart(folder: string) {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', DATA_DIR: folder }
  const child = spawn('npm', ['start'], { cwd: packageRoot, env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let address = ''
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('Address: ')) address = line.slice('Address: '.length)
    if (line.startsWith('Mails: ')) break
  }
  return { child, baseUrl: new URL(address).origin }
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  'ends the server when %s is sent to the process of npm start',
  async (signal) => {
    buildProgram()
    const folder = temporaryFolder('migrated')
    const { child, baseUrl } = await npmStart(folder)
    expect((await createHttpBrowser(baseUrl).get('/healthz')).status).toBe(200)
    const ended = once(child, 'exit')
    child.kill(signal)
    expect(await ended).toEqual([0, null])
    await expect(createHttpBrowser(baseUrl).get('/healthz')).rejects.toThrow('ECONNREFUSED')
    // The folder is free again, so no process still has its lock.
    const next = await startServer({ DATA_DIR: folder })
    expect(await next.stop()).toBe(0)
  },
)
