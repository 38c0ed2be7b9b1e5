import type { RequestHandler } from 'express'
import type { Auth } from './auth/auth.js'
import { systemClock } from './clock.js'
import { connectDatabase } from './db/connect.js'
import { migrate } from './db/migrate.js'
import { stateFact } from './db/site-facts.js'
import { standBeside } from './http/stand-beside.js'
import { createLog } from './log.js'
import { chooseMailGateway } from './notify/gateways/choose-mail-gateway.js'
import { chooseSmsGateway } from './notify/gateways/choose-sms-gateway.js'
import { runWorker } from './notify/run-worker.js'
import type { Otp } from './otp/otp.js'
import { readSecretKeys } from './read-secret-keys.js'
import { mountSite } from './site.js'
import { readSiteOptions, type SiteOptions } from './site-options.js'

/** A site inside somebody else's application. */
export interface OtpAdminSite {
  /**
   * For the host's Express application: `app.use(site.router)`, at the root, before the routes
   * that it is to guard. Addresses that are none of the site's are handed on.
   */
  router: RequestHandler
  /** The core, for `verifyToken`, `devicesForUser` and the like. */
  otp: Otp
  /** What the guards of single routes take first: `otpRequired(site.auth)`, `requires(site.auth, { maxAge: 600 })`. */
  auth: Auth
  /** Ends everything that the site has opened, and nothing that it was given. */
  close(): Promise<void>
}

/**
 * Opens the database, brings it up to date, and builds the whole site to be mounted into an
 * Express application: sign-in, people's own pages, the panel, and the worker that delivers mails.
 *
 * @throws SiteError `options_refused` with every mistake in the options
 * @example
 * const site = await createOtpAdminSite({ config: { BASE_URL: 'https://example.com', SECRET_KEYS: keys } })
 * app.use(site.router)
 */
export async function createOtpAdminSite(options: SiteOptions): Promise<OtpAdminSite> {
  const { config, clock = systemClock, baseUrl, alsoOrigins, ...given } = readSiteOptions(options)
  const log = given.log ?? createLog(config)
  const database = await connectDatabase(config, { embedded: 'own', like: options.sequelize })
  try {
    await migrate(database, options.kinds)
    await stateFact(database, 'people', options.users ? 'application' : 'here')
    const keys = given.keys ?? readSecretKeys(config)
    const services = { config, clock, database, keys, log, baseUrl, alsoOrigins }
    const site = await mountSite({
      ...services,
      beside: { health: options.health ?? false },
      ...(options.admin && { admin: options.admin }),
      ...(options.requirements && { requirements: options.requirements }),
      ...(options.users && { users: options.users }),
      ...(options.kinds && { kinds: options.kinds }),
      ...(options.userVerification && { userVerification: options.userVerification }),
    })
    const mail = given.mail ?? chooseMailGateway(config, baseUrl, log)
    const sms = given.sms ?? chooseSmsGateway(config, log)
    const { siteName } = config
    const worker = runWorker({ ...services, mail, sms, siteName, embedded: !config.databaseUrl })
    return {
      router: standBeside(site.app),
      otp: site.otp,
      auth: site.auth,
      async close() {
        site.close()
        await worker.stop()
        mail.close()
        await database.close()
      },
    }
  } catch (fault) {
    await database.close()
    throw fault
  }
}
