import { EventEmitter, once } from 'node:events'
import { readConfig } from '../../src/config/read-config.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { enqueue } from '../../src/notify/enqueue.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { pino } from 'pino'
import { backupTokenEmail, testNotify } from './notify.js'
import { type Proxy, startProxy, targetOf, throughProxy } from './proxy.js'

// A process that any unhandled rejection ends. It runs job workers whose connections are cut at
// every message, one after the other, while they start and work, and while they stop.
const url = process.env['DATABASE_URL'] ?? ''
const keys = createKeyring([Buffer.alloc(32, 7)])
const AT_ONCE = 6

async function open(databaseUrl: string): Promise<Database> {
  const result = readConfig({ NODE_ENV: 'test', DATABASE_URL: databaseUrl })
  if (!result.ok) throw new Error('The configuration is invalid.')
  return await connectDatabase(result.config)
}

interface Running {
  proxy: Proxy
  delivered: EventEmitter
  worker: ReturnType<typeof runWorker>
  database: Database
}

async function start(prepare: (proxy: Proxy) => void): Promise<Running> {
  const proxy = await startProxy(targetOf(url))
  prepare(proxy)
  const database = await open(throughProxy(url, proxy))
  const delivered = new EventEmitter()
  const mail = { send: async () => void delivered.emit('mail'), close: () => {} }
  const worker = runWorker(testNotify(database, mail, { keys, log: pino({ level: 'silent' }) }))
  return { proxy, delivered, worker, database }
}

async function end({ worker, database, proxy }: Running): Promise<void> {
  await worker.stop()
  await database.close()
  await proxy.close()
}

/** @returns whether there was a message with this number */
async function cutAtStart(number: number): Promise<boolean> {
  let cut = false
  const running = await start((proxy) =>
    proxy.decide((chunk) => {
      if (chunk.number !== number) return 'pass'
      cut = true
      return 'cut'
    }),
  )
  await once(running.delivered, 'mail')
  // One more email, delivered after the cut.
  await once(running.delivered, 'mail')
  await end(running)
  return cut
}

async function cutAtStop(number: number): Promise<boolean> {
  let cut = false
  const running = await start(() => {})
  await once(running.delivered, 'mail')
  const from = running.proxy.seen()
  running.proxy.decide((chunk) => {
    if (chunk.number !== from + number) return 'pass'
    cut = true
    return 'cut'
  })
  await end(running)
  return cut
}

/** Continues until there are no more messages to cut. @returns how many there were */
async function cutEach(attempt: (number: number) => Promise<boolean>, most: number): Promise<number> {
  let next = 0
  let reached = 0
  const run = async () => {
    while (next < most) if (await attempt(next++)) reached += 1
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  return reached
}

const direct = await open(url)
const over = new AbortController()
const feed = async () => {
  while (!over.signal.aborted) {
    await direct.sequelize.transaction((transaction) =>
      enqueue({ database: direct, keys }, transaction, 'send-mail', backupTokenEmail),
    )
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
const feeder = feed()
const started = await cutEach(cutAtStart, 120)
const stopped = await cutEach(cutAtStop, 24)
over.abort()
await feeder
await direct.close()
process.stdout.write(JSON.stringify({ started, stopped }))
