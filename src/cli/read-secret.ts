import { text } from 'node:stream/consumers'
import { UsageRefused } from './refusals.js'

/** The two ways to give one secret: `--key K`, which every process of the machine can read, and `--key-stdin`. */
export interface SecretOptions {
  argument: 'key' | 'token'
  stdin: 'keyStdin' | 'tokenStdin'
}

/**
 * Reads the secret that belongs to a command from standard input if its `-stdin` option was
 * given, and warns about one that was given as an argument.
 *
 * @param given the command's options, as parsed
 * @returns the options with the secret under its argument's name, if there is one
 */
export async function readSecret(given: unknown, { argument, stdin }: SecretOptions): Promise<object> {
  const options = Object.fromEntries(Object.entries(given ?? {}))
  const { [stdin]: fromStdin, ...rest } = options
  if (fromStdin === true && rest[argument] !== undefined)
    throw new UsageRefused([`--${argument}-stdin: must not be used together with --${argument}`])
  if (fromStdin === true) return { ...rest, [argument]: (await text(process.stdin)).trim() }
  if (rest[argument] !== undefined)
    console.error(
      `Warning: other users of this machine can read --${argument} while the command runs. Use --${argument}-stdin.`,
    )
  return rest
}
