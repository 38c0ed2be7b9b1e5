import { UsageError } from './exit-codes.js'
import { decodeUtf8, readStdin } from './read-stdin.js'

/**
 * Reads a command's secret from standard input if its `-stdin` option was passed, and warns
 * about a secret that was passed as an argument.
 *
 * @param parsed the command's options
 * @param name of the option, for example `key`: `--key K`, which every process on the machine can read, and `--key-stdin`
 * @returns the options with the secret under its argument's name, if there is one
 */
export async function readSecret(parsed: unknown, name: string): Promise<object> {
  const options = Object.fromEntries(Object.entries(parsed ?? {}))
  const { [`${name}Stdin`]: fromStdin, ...rest } = options
  if (fromStdin === true && rest[name] !== undefined)
    throw new UsageError([`--${name}-stdin: must not be used together with --${name}`])
  if (fromStdin === true) return { ...rest, [name]: await readText(`${name}-stdin`) }
  if (rest[name] !== undefined)
    console.error(
      `Warning: other users of this machine can read --${name} while the command runs. Use --${name}-stdin.`,
    )
  return rest
}

async function readText(option: string): Promise<string> {
  const typed = decodeUtf8(await readStdin(option))
  if (typed === null) throw new UsageError([`--${option}: must be a text in UTF-8`])
  return typed.trim()
}
