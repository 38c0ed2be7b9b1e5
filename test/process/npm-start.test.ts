import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../../src/root.js'
import { openBrowser } from '../support/browse.js'
import { buildProgram, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/database.js'

/** `npm start` as a person types it, until it has told how to sign in. */
async function npmStart(folder: string) {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', DATA_DIR: folder }
  const child = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let address = ''
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('Address: ')) address = line.slice('Address: '.length)
    if (line.startsWith('Mails: ')) break
  }
  return { child, baseUrl: new URL(address).origin }
}

it.each(['SIGTERM', 'SIGINT'] as const)('%s to the process of npm start ends the server', async (signal) => {
  buildProgram()
  const folder = temporaryFolder('migrated')
  const { child, baseUrl } = await npmStart(folder)
  expect((await openBrowser(baseUrl).get('/healthz')).status).toBe(200)
  const ended = once(child, 'exit')
  child.kill(signal)
  expect(await ended).toEqual([0, null])
  await expect(openBrowser(baseUrl).get('/healthz')).rejects.toThrow('ECONNREFUSED')
  // The folder is free again, so nobody lives on with its lock.
  const next = await startServer({ DATA_DIR: folder })
  expect(await next.stop()).toBe(0)
})
