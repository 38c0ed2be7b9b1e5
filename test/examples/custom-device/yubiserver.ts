import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { SoftwareYubikey } from './software-yubikey.js'

const EMPTY = '/etc/yubiserver/yubiserver.sqlite.init'

/** Returns whether a program is installed. */
export const has = (program: string): boolean => spawnSync('which', [program]).status === 0

/** Whether Debian's `yubiserver` is installed, an independent implementation of the validation protocol. */
export const hasYubiserver = has('yubiserver') && existsSync(EMPTY)

export interface Yubiserver {
  url: string
  stop(): void
}

/**
 * Starts it with one key and one client.
 *
 * @param apiKey 20 characters
 */
export async function startYubiserver(key: SoftwareYubikey, apiKey: string): Promise<Yubiserver> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yubiserver-'))
  const database = path.join(folder, 'keys.sqlite')
  copyFileSync(EMPTY, database)
  run('yubiserver-admin', ['-b', database, '-y', '-a', 'key', key.publicId, key.privateId, key.aesKey])
  run('yubiserver-admin', ['-b', database, '-p', '-a', 'client', apiKey])
  // If root starts it, it switches to another user, which writes the counters into this folder.
  chmodSync(folder, 0o777)
  chmodSync(database, 0o666)
  const port = await freePort()
  run('yubiserver', ['-d', database, '-p', String(port), '-l', path.join(folder, 'log')])
  const url = `http://127.0.0.1:${port}/wsapi/2.0/verify`
  await waitUntilReady(url)
  return {
    url,
    stop() {
      // It continues in the background. Only this test uses the path of its database.
      const { stdout } = spawnSync('pgrep', ['-f', database], { encoding: 'utf8' })
      for (const id of stdout.split('\n').filter(Boolean)) process.kill(Number(id))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function run(program: string, parameters: string[]): void {
  const { status, stderr } = spawnSync(program, parameters, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('There is no free port.')
  return address.port
}

async function waitUntilReady(url: string): Promise<void> {
  for (let attempts = 0; attempts < 1_000; attempts += 1) {
    const isReady = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isReady) return
    await setTimeout(50)
  }
  throw new Error('yubiserver does not respond.')
}
