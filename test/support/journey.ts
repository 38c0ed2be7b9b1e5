import { afterAll, beforeAll } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { createSmtpGateway } from '../../src/notify/gateways/smtp.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { openTestDatabase, preferredDatabase } from './database.js'
import { testNotify } from './notify.js'
import { startTestSite, type TestSite } from './site.js'
import { type SmtpServer, startSmtpServer } from './smtp-server.js'

/** Starts a site on its own database. `close` closes both. */
export async function startJourney(
  where = preferredDatabase(),
  environment: Record<string, string> = {},
): Promise<TestSite> {
  const database = await openTestDatabase(where)
  const site = await startTestSite(database, environment)
  const close = async () => {
    await site.close()
    await database.close()
  }
  return { ...site, close }
}

/** A site on its own database, which runs during the tests of a file or of a `describe`. */
export function useSite(environment: Record<string, string> = {}, where = preferredDatabase()): () => TestSite {
  let site: TestSite
  beforeAll(async () => void (site = await startJourney(where, environment)))
  afterAll(() => site?.close())
  return () => site
}

/** A site whose worker delivers emails to an SMTP server. */
export interface DeliveringSite extends TestSite {
  smtp: SmtpServer
}

/** Starts a site on its own database, with a worker and an SMTP server. `close` closes all of them. */
export async function startDeliveringJourney(): Promise<DeliveringSite> {
  const site = await startJourney()
  const smtp = await startSmtpServer()
  const gateway = createSmtpGateway(smtp.url, 'Site <site@example.com>')
  const keys = createKeyring([Buffer.alloc(32, 7)])
  const embedded = preferredDatabase() === 'embedded'
  const worker = runWorker(testNotify(site.database, gateway, { keys, clock: site.clock, embedded }))
  const close = async () => {
    await worker.stop()
    gateway.close()
    await smtp.close()
    await site.close()
  }
  return { ...site, smtp, close }
}
