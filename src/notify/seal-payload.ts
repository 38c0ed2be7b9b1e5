import { z } from 'zod'
import type { Keyring } from '../crypto/keyring.js'
import type { TaskName } from './tasks/names.js'

/** A job's payload as it lies in the table. Mails carry one-time links; a dump of the database must not. */
export const sealedPayload = z.object({ message: z.uuid(), sealed: z.string() })

/** @param message the UUID that stays with this message over all tries */
export function sealPayload(keys: Keyring, task: TaskName, message: string, payload: unknown): string {
  const sealed = keys.seal(Buffer.from(JSON.stringify(payload)), { column: `jobs.${task}`, id: message })
  return JSON.stringify({ message, sealed })
}

/**
 * @throws SiteError `secret_not_readable` where its key is gone
 * @throws ZodError where it is no payload of ours
 */
export function openPayload(keys: Keyring, task: TaskName, payload: unknown): { message: string; content: unknown } {
  const { message, sealed } = sealedPayload.parse(payload)
  const content: unknown = JSON.parse(keys.open(sealed, { column: `jobs.${task}`, id: message }).toString())
  return { message, content }
}
