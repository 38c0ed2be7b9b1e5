import { CommanderError } from 'commander'
import { SiteError } from '../errors.js'
import { builtInKinds } from '../kinds/index.js'
import { createProgram } from './program.js'
import { exitCode, describeError } from './exit-codes.js'

// A reader that closes the pipe early, such as `head`, is not an error and must not end a server.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.exitCode = report(outputLost(error))
})

try {
  await createProgram(builtInKinds).parseAsync()
} catch (error) {
  process.exitCode = error instanceof CommanderError ? codeOf(error) : report(error)
}

/** The change was made, but output that is shown only once might be lost. */
function outputLost(cause: Error): SiteError {
  return new SiteError(
    'output_lost',
    `Standard output could not be written (${cause.message}).`,
    'The command did its work, but its output may be lost. If it was a password, a link or a token, issue it again.',
    { cause },
  )
}

/** Returns the exit code. Commander has already printed the error or the help. */
function codeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : exitCode.usage
}

function report(error: unknown): number {
  const { lines, exitCode: code } = describeError(error)
  for (const line of lines) console.error(line)
  return code
}
