import path from 'node:path'
import type { Logger } from 'pino'
import { systemClock } from './clock.js'
import type { Config } from './config/read-config.js'
import { connectDatabase, type Database } from './db/connect.js'
import { migrate } from './db/migrate.js'
import { listen, type ListeningServer } from './listen.js'
import { createLog } from './log.js'
import { chooseMailGateway } from './notify/gateways/choose-mail-gateway.js'
import { chooseSmsGateway } from './notify/gateways/choose-sms-gateway.js'
import { runWorker } from './notify/run-worker.js'
import { kindsToMigrate } from './kinds/index.js'
import { codeSenders, type CustomKind } from './otp/kind-registry/custom-kind.js'
import { recordUndelivered } from './record-undelivered.js'
import { readSecretKeys } from './read-secret-keys.js'
import { formatCredentials, seedEmptyDatabase } from './run-seeders.js'
import { mountSite } from './site.js'
import { waitForSignal, shutDownOnSignal } from './graceful-shutdown.js'

/**
 * Runs the server: opens the port and the database, migrates, mounts the site, starts the worker,
 * and stops gracefully at a signal. Resolves when everything has stopped.
 *
 * @param kinds custom kinds of device
 * @param print receives the lines of the start-up text
 */
export async function main(config: Config, kinds: readonly CustomKind[], print: (line: string) => void): Promise<void> {
  const log = createLog(config)
  let isStopping = false
  const signalled = waitForSignal()
  void signalled.then(() => (isStopping = true))
  try {
    await run(config, { kinds, log, signalled }, print)
  } catch (error) {
    if (!isStopping) throw error
    // A signal arrived during the start, so an error, such as an unavailable database, is not a failure.
    log.warn({ err: error }, 'shut down before the start was complete')
  }
}

async function run(
  config: Config,
  { kinds, log, signalled }: Pick<Opened, 'kinds' | 'log' | 'signalled'>,
  print: (line: string) => void,
): Promise<void> {
  const listening = await listen(config.host, config.port)
  const database = await connectDatabase(config, { embedded: 'own' }).catch((error: unknown) => {
    listening.server.close()
    throw error
  })
  try {
    void signalled.then(() => database.announceStop())
    await migrate(database, kindsToMigrate(kinds))
    await serveUntilStopped(config, { ...listening, kinds, signalled, log, database }, print)
  } finally {
    listening.server.close()
    await database.close()
  }
}

interface Opened extends ListeningServer {
  kinds: readonly CustomKind[]
  signalled: Promise<NodeJS.Signals>
  log: Logger
  database: Database
}

async function serveUntilStopped(config: Config, opened: Opened, print: (line: string) => void): Promise<void> {
  const { kinds, log, server, port, serve, database } = opened
  const keys = readSecretKeys(config)
  const baseUrl = config.baseUrl ?? `http://localhost:${port}`
  const alsoOrigins = config.production ? [] : [`http://127.0.0.1:${port}`]
  const site = await mountSite({ config, clock: systemClock, database, keys, kinds, log, baseUrl, alsoOrigins })
  const credentials = await seedEmptyDatabase(site.otp, config)
  serve(site.app)
  const mail = chooseMailGateway(config, baseUrl, log)
  const embedded = !config.databaseUrl
  const worker = runWorker({
    clock: systemClock,
    database,
    keys,
    log,
    mail,
    sms: chooseSmsGateway(config, log),
    siteName: config.siteName,
    baseUrl,
    embedded,
    recordUndelivered: recordUndelivered({ database, clock: systemClock }),
    codeSenders: codeSenders(site.otp.everyKind),
  })

  print(`Address: ${baseUrl}/admin`)
  for (const line of credentials ? formatCredentials(credentials) : []) print(line)
  print(`Mails: ${config.smtpUrl ? 'sent by SMTP_URL' : path.join(config.folder, 'mail')}`)

  await shutDownOnSignal(opened.signalled, server, log)
  site.close()
  await worker.stop()
  mail.close()
}
