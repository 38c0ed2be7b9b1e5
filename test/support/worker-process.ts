import { connectDatabase } from '../../src/db/connect.js'
import { readConfig } from '../../src/config/read-config.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import { enqueue } from '../../src/notify/enqueue.js'
import { chooseMailGateway } from '../../src/notify/gateways/choose-mail-gateway.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { backupTokenEmail, testLog, testNotify } from './notify.js'

// A process that a test kills. It enqueues one email and delivers it, configured by its environment.
const result = readConfig(process.env)
if (!result.ok) throw new Error(JSON.stringify(result.issues))
const { config } = result
const database = await connectDatabase(config)
const { log } = testLog()
const notify = testNotify(database, chooseMailGateway(config, 'https://admin.example.com', log), {
  log,
  keys: createKeyring(config.secretKeys ?? []),
  embedded: !config.databaseUrl,
})
runWorker(notify)
// Only a worker that has registered itself can be told apart from a dead one.
while (!notify.embedded && (await database.pool.query('select from job_processes')).rowCount === 0);
await database.sequelize.transaction((transaction) => enqueue(notify, transaction, 'send-mail', backupTokenEmail))
