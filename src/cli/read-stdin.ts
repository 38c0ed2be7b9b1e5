import { UsageError } from './exit-codes.js'

/** Maximum number of bytes: enough for the fields of a form, which have 16,384 characters at most. */
export const MAX_STDIN_BYTES = 65_536

/**
 * Reads standard input to its end.
 *
 * @param option the option that asks for it, for example `key-stdin`
 * @throws UsageError if it is too long, without waiting for the rest
 */
export async function readStdin(option: string): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of process.stdin) {
    const bytes = Buffer.from(part)
    length += bytes.length
    if (length > MAX_STDIN_BYTES) throw new UsageError([`--${option}: must have at most ${MAX_STDIN_BYTES} bytes`])
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

/** Decodes UTF-8. @returns null for bytes that are not, which would silently become another text */
export function decodeUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
