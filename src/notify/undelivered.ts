import type { Job } from 'graphile-worker'
import type { Keyring } from '../crypto/keyring.js'
import { mailSchema } from './mails.js'
import { openPayload } from './seal-payload.js'

/**
 * What was not delivered, and why: codes of the server or gateway, or `expired` if the link
 * had expired. Never the server's own text, which can quote the recipient.
 */
export type DeliveryFailure =
  | { what: 'mail'; mail: string; userId: number | null; reason: string }
  | { what: 'code'; device: string; userId: number | null; reason: string }

/** Reads which email a job was to deliver. @returns null for another kind of job */
export function readMailOf(keys: Keyring, job: Job): { mail: string; userId: number | null } | null {
  if (job.task_identifier !== 'send-mail') return null
  const mail = mailSchema.safeParse(openPayload(keys, 'send-mail', job.payload).content)
  return mail.success ? { mail: mail.data.mail, userId: mail.data.userId ?? null } : null
}
