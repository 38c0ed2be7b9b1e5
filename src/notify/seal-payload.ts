import { z } from 'zod'
import type { Keyring } from '../crypto/keyring.js'
import type { TaskName } from './tasks/payloads.js'

/** A job's payload as it is stored. It is sealed, because a dump of the database must not contain the one-time links of emails. */
export const sealedPayload = z.object({ message: z.uuid(), sealed: z.string() })

/** Seals a job's payload. @param message UUID of the message, the same for all attempts */
export function sealPayload(keys: Keyring, task: TaskName, message: string, payload: unknown): string {
  const sealed = keys.seal(Buffer.from(JSON.stringify(payload)), { column: `jobs.${task}`, id: message })
  return JSON.stringify({ message, sealed })
}

/**
 * Opens a job's payload.
 *
 * @throws SiteError `secret_not_readable` if its key is missing
 * @throws ZodError if `sealPayload` did not create it
 */
export function openPayload(keys: Keyring, task: TaskName, payload: unknown): { message: string; content: unknown } {
  const { message, sealed } = sealedPayload.parse(payload)
  const content: unknown = JSON.parse(keys.open(sealed, { column: `jobs.${task}`, id: message }).toString())
  return { message, content }
}
