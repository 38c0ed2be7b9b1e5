import { Console } from 'node:console'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

// Runs the built program for every message, one after the other: what its commands load stays
// loaded. Each finds arguments, environment, streams and exit code as in a process of its own.
const program = pathToFileURL(process.argv[2] ?? '').href
let runs = 0

/** Puts a stream, or all of them, in the place of the process's own. */
const replace = (name, value) => Object.defineProperty(process, name, { value, configurable: true })

async function run({ args, env, cwd, input }) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const said = Promise.all([text(stdout), text(stderr)])
  process.argv = [process.execPath, 'otp-admin', ...args]
  process.env = env
  process.exitCode = undefined
  process.chdir(cwd)
  replace('stdin', Readable.from([Buffer.from(input, 'base64')]))
  replace('stdout', stdout)
  replace('stderr', stderr)
  globalThis.console = new Console(stdout, stderr)
  // Another address each time: only the entry is run again, and its await ends with the command.
  await import(`${program}?run=${(runs += 1)}`)
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { status: process.exitCode ?? 0, stdout: out, stderr: err }
}

process.on('message', (message) => void run(message).then((ended) => process.send?.(ended)))
// Whoever asks has gone: no signal reaches this process then.
process.on('disconnect', () => process.exit(0))
