import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../src/package-root.js'
import { createHttpBrowser } from '../support/http-browser.js'

/** An application from `examples/`, running in its own process. */
export interface RunningExample {
  baseUrl: string
  dataDir: string
  browser: () => ReturnType<typeof createHttpBrowser>
  stop: () => Promise<void>
}

/** Copies an example and links the package into its node_modules, as `npm install` would. */
export function installExample(name: string): { folder: string; remove: () => void } {
  execFileSync(process.execPath, [path.join(packageRoot, 'scripts/build.mjs'), 'app', 'panel', 'browser', 'lib'])
  mkdirSync(path.join(packageRoot, 'dist/examples'), { recursive: true })
  const folder = mkdtempSync(path.join(packageRoot, 'dist/examples', `${name}-`))
  cpSync(path.join(packageRoot, 'examples', name), folder, { recursive: true })
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  // It finds everything else in the node_modules of the repository.
  symlinkSync(packageRoot, path.join(folder, 'node_modules/otp-admin-site'))
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** Starts one of its programs on a data folder that does not exist yet, and waits for the line with its URL. */
export async function startExample(folder: string, program: string): Promise<RunningExample> {
  const parent = mkdtempSync(path.join(tmpdir(), 'otp-'))
  const dataDir = path.join(parent, 'data')
  const port = await freePort()
  const { PATH, TMPDIR } = process.env
  const environment = { PATH, TMPDIR, NODE_ENV: 'development', PORT: String(port), DATA_DIR: dataDir }
  const child = spawn(process.execPath, [program], { cwd: folder, env: environment })
  await waitForAddress(child)
  const baseUrl = `http://localhost:${port}`
  const stop = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(parent, { recursive: true })
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

function waitForAddress(child: ChildProcess): Promise<void> {
  let output = ''
  return new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(`The example exited: ${output}`)))
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => {
        output += text.toString()
        if (output.includes('Address: ')) resolve()
      })
  })
}

/** Runs `otp-admin` on an example's data folder. */
export function otpAdmin(dataDir: string, args: readonly string[], input = ''): string {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir }
  return execFileSync(process.execPath, [path.join(packageRoot, 'bin/otp-admin.mjs'), ...args], {
    env,
    input,
  }).toString()
}
