import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { packageRoot } from '../../src/package-root.js'

const program = path.join(packageRoot, 'dist/app/otp-admin.js')

/**
 * Builds the program if it is out of date, as `otp-admin` does in a checkout. The tests then run
 * the built file, because a source that changes during the run would add lines to the output.
 */
export function buildProgram(): void {
  const built = spawnSync(process.execPath, [path.join(packageRoot, 'bin/otp-admin.mjs'), '--help'], {
    encoding: 'utf8',
  })
  if (built.status !== 0) throw new Error(built.stderr)
}

export interface CommandResult {
  status: number | null
  stdout: string
  stderr: string
}

type Environment = Readonly<Record<string, string>>

/** Returns a child's environment, with only the tests' variables that find programs, and its working folder. */
function contextFor(environment: Environment) {
  const { PATH, HOME, TMPDIR } = process.env
  const env = { PATH, HOME, TMPDIR, ...environment }
  const folder = environment['DATA_DIR'] ?? packageRoot
  // A test can pass a file as the data folder, and a process cannot start there.
  const cwd = statSync(folder, { throwIfNoEntry: false })?.isFile() ? path.dirname(folder) : folder
  return { env, cwd }
}

// V8 would spend more time on optimising the WebAssembly of the embedded database than a command takes.
const start = (args: readonly string[], environment: Environment): ChildProcess =>
  spawn(process.execPath, ['--liftoff-only', program, ...args], { ...contextFor(environment), stdio: 'pipe' })

/** Runs the real command line in its own process. */
export async function otpAdmin(
  args: readonly string[],
  environment: Environment = {},
  input: string | Buffer = '',
): Promise<CommandResult> {
  const child = start(args, environment)
  if (!child.stdin || !child.stdout || !child.stderr) throw new Error('The child has no pipes.')
  // A child that exits without reading closes the pipe.
  child.stdin.on('error', () => {}).end(input)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { status, stdout, stderr }
}

const resultSchema = z.object({ status: z.number(), stdout: z.string(), stderr: z.string() })

/**
 * Starts a process that loads the program once and runs one command after the other, for tests
 * of what commands do. Tests of how a process starts and exits use {@link otpAdmin}.
 */
export function startCommands(): { run: typeof otpAdmin; stop: () => void } {
  const child = fork(path.join(import.meta.dirname, 'run-commands.mjs'), [program], { execArgv: [] })
  // A process that exits early leaves its command without a response.
  const exited = once(child, 'exit').then(([status]) => {
    throw new Error(`The process that runs commands exited with ${status}.`)
  })
  exited.catch(() => {})
  const run = async (args: readonly string[], environment: Environment = {}, input: string | Buffer = '') => {
    const response = once(child, 'message')
    child.send({ args, ...contextFor(environment), input: Buffer.from(input).toString('base64') })
    const [message] = await Promise.race([response, exited])
    return resultSchema.parse(message)
  }
  return { run, stop: () => child.disconnect() }
}

export interface RunningServer {
  pid: number
  /** The start-up text up to `Mails:`, as `['Address', 'http://…']` and so on. */
  startText: [name: string, value: string][]
  address: string
  /** All of standard error, after the process has exited. */
  complaints: Promise<string>
  /** Sends the signal and waits for the process to exit. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs `otp-admin serve` and waits until it has printed how to sign in. */
export async function startServer(environment: Environment): Promise<RunningServer> {
  const started = await tryServer(environment)
  if ('stderr' in started) throw new Error(`The server did not start: ${started.stderr}`)
  return started
}

/** Runs `otp-admin serve` until it has printed how to sign in, or has exited without that. */
export async function tryServer(environment: Environment): Promise<RunningServer | Omit<CommandResult, 'stdout'>> {
  const child = start(['serve'], { PORT: '0', ...environment })
  if (!child.stdout || !child.stderr) throw new Error('The child has no pipes.')
  const stderr = text(child.stderr)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const startText: [string, string][] = []
  for await (const line of createInterface(child.stdout)) {
    const colon = line.indexOf(': ')
    startText.push([line.slice(0, colon), line.slice(colon + 2)])
    if (line.startsWith('Mails: ')) break
  }
  const address = startText.find(([name]) => name === 'Address')?.[1]
  if (!address || child.pid === undefined) return { status: await ended, stderr: await stderr }
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  return { pid: child.pid, startText, address, complaints: stderr, stop }
}
