import { createServer } from 'node:http'
import express, { type Express } from 'express'
import pino from 'pino'
import { createOtpAdminSite, type OtpAdminSite } from '../../src/create-site.js'
import type { SiteOptions } from '../../src/site-options.js'
import { createHttpBrowser } from '../support/http-browser.js'
import { testClock } from '../support/clock.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { TestSite } from '../support/site.js'

export interface Host extends TestSite {
  site: OtpAdminSite
}

/**
 * Starts an application with the site in it, on a free port.
 *
 * @param mount builds the application around the site
 */
export async function startHost(
  options: Omit<SiteOptions, 'config'> & { config?: Record<string, string> },
  mount: (app: Express, site: OtpAdminSite) => void = (app, site) => void app.use(site.router),
): Promise<Host> {
  const app = express()
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const storage = options.sequelize ? { config: {}, remove: () => {} } : await createStorage()
  const clock = testClock()
  const log: string[] = []
  const site = await createOtpAdminSite({
    clock,
    log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
    ...options,
    config: {
      NODE_ENV: 'test',
      BASE_URL: baseUrl,
      SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'),
      LOGIN_ADDRESS_LIMIT: '0',
      ...storage.config,
      ...options.config,
    },
  })
  mount(app, site)
  return {
    app,
    site,
    baseUrl,
    clock,
    log,
    otp: site.otp,
    auth: site.auth,
    database: site.otp.database,
    browser: (userAgent) => createHttpBrowser(baseUrl, userAgent),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await site.close()
      await storage.remove()
    },
  }
}

/** Creates what the site stores its rows in if the application does not pass a database of its own. */
async function createStorage(): Promise<{ config: Record<string, string>; remove: () => Promise<void> | void }> {
  if (!postgresUrl()) return { config: { DATA_DIR: temporaryFolder('migrated') }, remove: () => {} }
  const { url, drop } = await createTestDatabase()
  return { config: { DATABASE_URL: url }, remove: drop }
}
