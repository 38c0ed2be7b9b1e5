import { randomUUID } from 'node:crypto'
import type { Transaction } from 'sequelize'
import type { Notify } from './notify.js'
import { sealPayload } from './seal-payload.js'
import type { TaskName, TaskPayloads } from './tasks/names.js'

/**
 * How often something is tried that the other side refuses. graphile-worker's own waits
 * (e^tries seconds, at most 6 h) make that about 16 hours. An outage costs no try
 * (return-attempt.ts).
 */
const MAX_ATTEMPTS = 12

/**
 * The one way out: adds a job inside the caller's transaction, so that it is done if and
 * only if the transaction commits.
 *
 * @example await enqueue(services, transaction, 'send-mail', { mail: 'backup-token-used', … })
 */
export async function enqueue<Name extends TaskName>(
  services: Pick<Notify, 'database' | 'keys'>,
  transaction: Transaction,
  task: Name,
  payload: TaskPayloads[Name],
): Promise<void> {
  const sealed = sealPayload(services.keys, task, randomUUID(), payload)
  await services.database.sequelize.query(
    `select from ${services.database.jobsSchema}.add_job($1, payload := $2::json, max_attempts := $3)`,
    { transaction, bind: [task, sealed, MAX_ATTEMPTS] },
  )
}
