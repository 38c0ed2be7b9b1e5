import { text } from 'node:stream/consumers'
import { UsageError } from './exit-codes.js'

/** The two options for one secret: `--key K`, which every process on the machine can read, and `--key-stdin`. */
export interface SecretOptions {
  argument: 'key' | 'token'
  stdin: 'keyStdin' | 'tokenStdin'
}

/**
 * Reads a command's secret from standard input if its `-stdin` option was passed, and warns
 * about a secret that was passed as an argument.
 *
 * @param parsed the command's options
 * @returns the options with the secret under its argument's name, if there is one
 */
export async function readSecret(parsed: unknown, { argument, stdin }: SecretOptions): Promise<object> {
  const options = Object.fromEntries(Object.entries(parsed ?? {}))
  const { [stdin]: fromStdin, ...rest } = options
  if (fromStdin === true && rest[argument] !== undefined)
    throw new UsageError([`--${argument}-stdin: must not be used together with --${argument}`])
  if (fromStdin === true) return { ...rest, [argument]: (await text(process.stdin)).trim() }
  if (rest[argument] !== undefined)
    console.error(
      `Warning: other users of this machine can read --${argument} while the command runs. Use --${argument}-stdin.`,
    )
  return rest
}
