import { CommanderError } from 'commander'
import { createProgram } from './program.js'
import { exitCode, explain } from './refusals.js'

// A reader that has seen enough, such as `head`, is no fault, and no reason for a server to end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  await createProgram().parseAsync()
} catch (fault) {
  process.exitCode = fault instanceof CommanderError ? codeOf(fault) : report(fault)
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
