import { CommanderError } from 'commander'
import { SiteError } from '../errors.js'
import { createProgram } from './program.js'
import { exitCode, explain } from './refusals.js'

// A reader that has seen enough, such as `head`, is no fault, and no reason for a server to end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.exitCode = report(outputLost(error))
})

try {
  await createProgram().parseAsync()
} catch (fault) {
  process.exitCode = fault instanceof CommanderError ? codeOf(fault) : report(fault)
}

/** What was to be shown once may be lost, and the change that it belongs to was made. */
function outputLost(cause: Error): SiteError {
  return new SiteError(
    'output_lost',
    `Standard output could not be written (${cause.message}).`,
    'The command did its work, but its output may be lost. If it was a password, a link or a token, issue it again.',
    { cause },
  )
}

/** Commander has said what is wrong, or has printed the help that was asked for. */
function codeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : exitCode.usage
}

function report(fault: unknown): number {
  const { lines, exitCode: code } = explain(fault)
  for (const line of lines) console.error(line)
  return code
}
