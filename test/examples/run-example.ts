import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../src/package-root.js'
import { createHttpBrowser } from '../support/http-browser.js'

/** An application out of `examples/`, running as a process of its own. */
export interface RunningExample {
  baseUrl: string
  dataDir: string
  browser: () => ReturnType<typeof createHttpBrowser>
  stop: () => Promise<void>
}

/** A copy of an example as `npm install` would leave it: the package stands in its node_modules. */
export function installExample(name: string): { folder: string; remove: () => void } {
  execFileSync(process.execPath, [path.join(packageRoot, 'scripts/build.mjs'), 'app', 'panel', 'browser', 'lib'])
  mkdirSync(path.join(packageRoot, 'dist/examples'), { recursive: true })
  const folder = mkdtempSync(path.join(packageRoot, 'dist/examples', `${name}-`))
  cpSync(path.join(packageRoot, 'examples', name), folder, { recursive: true })
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  // Everything else it finds in the node_modules of the repository, further up.
  symlinkSync(packageRoot, path.join(folder, 'node_modules/otp-admin-site'))
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** Starts one of its programs on a data folder of its own, and waits for the line with its address. */
export async function startExample(folder: string, program: string): Promise<RunningExample> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'otp-'))
  const port = await freePort()
  const { PATH, TMPDIR } = process.env
  const environment = { PATH, TMPDIR, NODE_ENV: 'development', PORT: String(port), DATA_DIR: dataDir }
  const child = spawn(process.execPath, [program], { cwd: folder, env: environment })
  await firstAddress(child)
  const baseUrl = `http://localhost:${port}`
  const stop = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(dataDir, { recursive: true })
  }
  return { baseUrl, dataDir, browser: () => createHttpBrowser(baseUrl), stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error('There is no free port.')
  return address.port
}

function firstAddress(child: ChildProcess): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(`The example ended: ${said}`)))
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes('Address: ')) resolve()
      })
  })
}

/** Runs `otp-admin` on an example's data, as its administrator would. */
export function otpAdmin(dataDir: string, args: readonly string[], input = ''): string {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir }
  return execFileSync(process.execPath, [path.join(packageRoot, 'bin/otp-admin.mjs'), ...args], {
    env,
    input,
  }).toString()
}
