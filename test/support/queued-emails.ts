import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { type Mail, mailSchema } from '../../src/notify/mails.js'
import { openPayload } from '../../src/notify/seal-payload.js'

/** Returns the queued emails to one address, in the order they were enqueued. */
export async function queuedEmailsTo(database: Database, address: string): Promise<Mail[]> {
  const keys = createKeyring([Buffer.alloc(32, 7)])
  const { rows } = await database.pool.query<{ payload: unknown }>(
    `select j.payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'send-mail' order by j.id`,
  )
  return rows
    .map(({ payload }) => mailSchema.parse(openPayload(keys, 'send-mail', payload).content))
    .filter(({ to }) => to === address)
}
