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
 * Builds the program where it is stale, by the way that a person takes in a checkout. The
 * tests then run what was built: a source that changes meanwhile would add lines about it.
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

/** Nothing of the tests' own environment but what finds programs, and the folder that is removed after the run. */
function placeFor(environment: Environment) {
  const { PATH, HOME, TMPDIR } = process.env
  const env = { PATH, HOME, TMPDIR, ...environment }
  const folder = environment['DATA_DIR'] ?? packageRoot
  // A test may give a file as the data folder, and a process cannot start there.
  const cwd = statSync(folder, { throwIfNoEntry: false })?.isFile() ? path.dirname(folder) : folder
  return { env, cwd }
}

const start = (args: readonly string[], environment: Environment): ChildProcess =>
  spawn(process.execPath, [program, ...args], { ...placeFor(environment), stdio: 'pipe' })

/** Runs the real command line in a process of its own. */
export async function otpAdmin(
  args: readonly string[],
  environment: Environment = {},
  input: string | Buffer = '',
): Promise<CommandResult> {
  const child = start(args, environment)
  if (!child.stdin || !child.stdout || !child.stderr) throw new Error('The child has no pipes.')
  // A child that ends without reading closes the pipe.
  child.stdin.on('error', () => {}).end(input)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { status, stdout, stderr }
}

const answerOfRun = z.object({ status: z.number(), stdout: z.string(), stderr: z.string() })

/**
 * A process that runs one command after the other and loads the program once: for tests of
 * what commands do. How a process starts and ends is for {@link otpAdmin}.
 */
export function startCommands(): { run: typeof otpAdmin; stop: () => void } {
  const child = fork(path.join(import.meta.dirname, 'run-commands.mjs'), [program], { execArgv: [] })
  // A process that ends early leaves its command without an answer.
  const gone = once(child, 'exit').then(([status]) => {
    throw new Error(`The process that runs commands has ended with ${status}.`)
  })
  gone.catch(() => {})
  const run = async (args: readonly string[], environment: Environment = {}, input: string | Buffer = '') => {
    const answer = once(child, 'message')
    child.send({ args, ...placeFor(environment), input: Buffer.from(input).toString('base64') })
    const [message] = await Promise.race([answer, gone])
    return answerOfRun.parse(message)
  }
  return { run, stop: () => child.disconnect() }
}

export interface RunningServer {
  pid: number
  /** The start-up text up to `Mails:`, as `['Address', 'http://…']` and so on. */
  startText: [name: string, value: string][]
  address: string
  /** All of standard error, once the process has ended. */
  complaints: Promise<string>
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs `otp-admin serve` and waits until it has told how to sign in. */
export async function startServer(environment: Environment): Promise<RunningServer> {
  const started = await tryServer(environment)
  if ('stderr' in started) throw new Error(`The server did not start: ${started.stderr}`)
  return started
}

/** Runs `otp-admin serve` until it has told how to sign in, or has ended without that. */
export async function tryServer(environment: Environment): Promise<RunningServer | Omit<CommandResult, 'stdout'>> {
  const child = start(['serve'], { PORT: '0', ...environment })
  if (!child.stdout || !child.stderr) throw new Error('The child has no pipes.')
  const told = text(child.stderr)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const startText: [string, string][] = []
  for await (const line of createInterface(child.stdout)) {
    const colon = line.indexOf(': ')
    startText.push([line.slice(0, colon), line.slice(colon + 2)])
    if (line.startsWith('Mails: ')) break
  }
  const address = startText.find(([name]) => name === 'Address')?.[1]
  if (!address || child.pid === undefined) return { status: await ended, stderr: await told }
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  return { pid: child.pid, startText, address, complaints: told, stop }
}
