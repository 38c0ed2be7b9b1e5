import type { Job } from 'graphile-worker'
import type { Keyring } from '../crypto/keyring.js'
import { mailSchema } from './mails.js'
import { openPayload } from './seal-payload.js'

/**
 * What never arrived, and why: codes of the other side, or that its link had expired. Never
 * what the other side wrote, which can quote the recipient.
 */
export type Undelivered =
  | { what: 'mail'; mail: string; userId: number | null; reason: string }
  | { what: 'code'; device: string; userId: number | null; reason: string }

/** The mail that a job was to deliver; null if it is another kind of job. */
export function readMailOf(keys: Keyring, job: Job): { mail: string; userId: number | null } | null {
  if (job.task_identifier !== 'send-mail') return null
  const mail = mailSchema.safeParse(openPayload(keys, 'send-mail', job.payload).content)
  return mail.success ? { mail: mail.data.mail, userId: mail.data.userId ?? null } : null
}
