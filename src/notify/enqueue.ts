import { randomUUID } from 'node:crypto'
import type { Transaction } from 'sequelize'
import type { NotifyServices } from './notify.js'
import { sealPayload } from './seal-payload.js'
import type { TaskName, TaskPayloads } from './tasks/payloads.js'

/**
 * Attempts before a job is given up. With graphile-worker's waits (e^attempts seconds, at most
 * 6 h) that takes about 16 hours. An outage does not use up an attempt (refund-attempt.ts).
 */
const MAX_ATTEMPTS = 12

/**
 * Adds a job inside the caller's transaction, so that it runs only if the transaction commits.
 * Everything that is sent goes through here.
 *
 * @example await enqueue(services, transaction, 'send-mail', { mail: 'backup-token-used', … })
 */
export async function enqueue<Name extends TaskName>(
  services: Pick<NotifyServices, 'database' | 'keys'>,
  transaction: Transaction,
  task: Name,
  payload: TaskPayloads[Name],
): Promise<void> {
  const { jobsSchema, jobs, sequelize } = services.database
  const sealed = sealPayload(services.keys, task, randomUUID(), payload)
  await sequelize.query(`select from ${jobsSchema}.add_job($1, payload := $2::json, max_attempts := $3)`, {
    transaction,
    bind: [task, sealed, MAX_ATTEMPTS],
  })
  transaction.afterCommit(() => void jobs.emit('added'))
}
