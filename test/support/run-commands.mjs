import { Console } from 'node:console'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

// Runs the built program once for every message, one after the other. Modules stay loaded. Each
// run has its own arguments, environment, streams and exit code, as in a separate process.
const program = pathToFileURL(process.argv[2] ?? '').href
let runs = 0

/** Replaces a property of the process. */
const replace = (name, value) => Object.defineProperty(process, name, { value, configurable: true })

async function run({ args, env, cwd, input }) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const output = Promise.all([text(stdout), text(stderr)])
  process.argv = [process.execPath, 'otp-admin', ...args]
  process.env = env
  process.exitCode = undefined
  process.chdir(cwd)
  replace('stdin', Readable.from([Buffer.from(input, 'base64')]))
  replace('stdout', stdout)
  replace('stderr', stderr)
  globalThis.console = new Console(stdout, stderr)
  // A different URL each time runs only the entry again, and its await ends with the command.
  await import(`${program}?run=${(runs += 1)}`)
  stdout.end()
  stderr.end()
  const [out, err] = await output
  return { status: process.exitCode ?? 0, stdout: out, stderr: err }
}

process.on('message', (message) => void run(message).then((result) => process.send?.(result)))
// The parent has exited, and no signal reaches this process then.
process.on('disconnect', () => process.exit(0))
