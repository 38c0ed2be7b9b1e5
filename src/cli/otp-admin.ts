import { CommanderError } from 'commander'
import { SiteError } from '../errors.js'
import { withBuiltInKinds } from '../kinds/index.js'
import type { CustomKind } from '../otp/kind-registry/custom-kind.js'
import { withFormCommands } from './form-command.js'
import { loadKinds } from './load-kinds.js'
import { readEnvironment } from './read-environment.js'
import { createProgram } from './program.js'
import { exitCode, describeError } from './exit-codes.js'

// A reader that closes the pipe early, such as `head`, is not an error and must not end a server.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.exitCode = report(outputLost(error))
})

try {
  await createProgram(withFormCommands(withBuiltInKinds(await kindsForCommands()))).parseAsync()
} catch (error) {
  process.exitCode = error instanceof CommanderError ? await codeOf(error) : report(error)
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

/** Loads the custom kinds for their commands. An error is reported when a command runs, so that `--help` works. */
async function kindsForCommands(): Promise<readonly CustomKind[]> {
  try {
    return await loadKinds(readEnvironment())
  } catch {
    return []
  }
}

/** Returns the exit code. Commander has already printed the error or the help. */
async function codeOf(error: CommanderError): Promise<number> {
  if (error.code === 'commander.unknownCommand') return await explainUnknownCommand()
  return error.exitCode === 0 ? 0 : exitCode.usage
}

/** Reports why no custom kinds were loaded, because the command can be one of theirs. */
async function explainUnknownCommand(): Promise<number> {
  try {
    await loadKinds(readEnvironment())
    return exitCode.usage
  } catch (error) {
    return report(error)
  }
}

function report(error: unknown): number {
  const { lines, exitCode: code } = describeError(error)
  for (const line of lines) console.error(line)
  return code
}
