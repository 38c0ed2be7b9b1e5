import type { RequestHandler } from 'express'
import type { Auth } from './auth/auth.js'
import { systemClock } from './clock.js'
import { connectDatabase, type Database } from './db/connect.js'
import { migrate } from './db/migrate.js'
import { setMetadata } from './db/site-metadata.js'
import { findRoutes } from './http/paths/find-routes.js'
import { mountInHost } from './http/host-isolation.js'
import { createLog } from './log.js'
import { chooseMailGateway } from './notify/gateways/choose-mail-gateway.js'
import type { MailGateway } from './notify/gateways/mail-gateway.js'
import { chooseSmsGateway } from './notify/gateways/choose-sms-gateway.js'
import { limitMail, limitSms } from './notify/gateways/limit-gateway.js'
import { runWorker } from './notify/run-worker.js'
import { subscribeAll } from './otp/subscribe.js'
import { codeSenders } from './otp/kind-registry/custom-kind.js'
import { validateKinds } from './otp/kind-registry/validate-kinds.js'
import { kindsToMigrate, withBuiltInKinds } from './kinds/index.js'
import type { Otp } from './otp/otp.js'
import { recordUndelivered } from './record-undelivered.js'
import { readSecretKeys } from './read-secret-keys.js'
import { type MountedSite, mountSite, type SiteServices } from './site.js'
import { type ValidatedOptions, parseSiteOptions, type SiteOptions } from './site-options.js'
import { overrideTexts } from './i18n/override-texts.js'
import { overrideViews } from './templates.js'

/** A site that is mounted in another application. */
export interface OtpAdminSite {
  /**
   * The router for the host's Express application: `app.use(site.router)`, at the root, before the
   * routes that it protects. It passes on requests to other paths.
   */
  router: RequestHandler
  /** The core services, for functions such as `verifyToken` and `devicesForUser`. */
  otp: Otp
  /** The first argument of guards: `otpRequired(site.auth)`, `requires(site.auth, { maxAge: 600 })`. */
  auth: Auth
  /** Closes everything that the site opened. What was passed to it stays open. */
  close(): Promise<void>
}

/**
 * Opens the database, brings it up to date, and builds the whole site to be mounted in an Express
 * application: sign-in, account pages, the panel, and the worker that sends emails.
 *
 * @param options see {@link SiteOptions}; `config` takes the variables of docs/configuration.md
 * @returns the router to mount, `otp` and `auth` for the functions of this package, and `close`
 * @throws SiteError `options_refused` with every mistake in the options; `views_invalid` and
 *   `locales_invalid` for replaced views and texts; `data_dir_in_use`, `database_newer` and the other
 *   codes of docs/errors.md that prevent a start. Everything that was already opened is closed again
 * @example
 * const site = await createOtpAdminSite({ config: { BASE_URL: 'https://example.com', SECRET_KEYS: keys } })
 * app.use(site.router)
 */
export async function createOtpAdminSite(options: SiteOptions): Promise<OtpAdminSite> {
  const checked = parseSiteOptions(options)
  if (options.views !== undefined) overrideViews(options.views)
  if (options.locales !== undefined) overrideTexts(options.locales)
  validateKinds(withBuiltInKinds(options.kinds))
  const database = await connectDatabase(checked.config, { embedded: 'own', like: options.sequelize })
  try {
    await migrate(database, kindsToMigrate(options.kinds))
    await setMetadata(database, 'people', options.users ? 'application' : 'here')
    return await openSite(options, checked, database)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function openSite(options: SiteOptions, checked: ValidatedOptions, database: Database): Promise<OtpAdminSite> {
  const { config } = checked
  const services: SiteServices = {
    ...checked,
    ...picked(options),
    database,
    clock: options.clock ?? systemClock,
    keys: options.keys ?? readSecretKeys(config),
    log: options.log ?? createLog(config),
    hosted: { health: options.health ?? false },
  }
  const site = await mountSite(services)
  subscribeAll(site.otp.events, options.on ?? {})
  const stopWorker = options.worker === false ? async () => {} : startWorker(options, services, site.otp)
  let closing: Promise<void> | undefined
  const close = async () => {
    site.close()
    await stopWorker()
    await database.close()
  }
  return {
    router: mountInHost(site.app, tellOfRoutes(site, services)),
    otp: site.otp,
    auth: site.auth,
    close: () => (closing ??= close()),
  }
}

/**
 * Warns about the application's routes below the site's paths, which AdminJS's session used to
 * guard. It runs at the first request, because the application adds its routes after the site.
 */
function tellOfRoutes({ isOwn }: MountedSite, { log }: SiteServices) {
  return (host: object, self: RequestHandler) => {
    const { open, unreachable } = findRoutes(host, self, isOwn)
    if (open.length > 0)
      log.warn(
        { code: 'host_routes_open', paths: open },
        'Routes below the paths of this site are in front of site.router, so it does not guard them (docs/guides/adminjs.md).',
      )
    if (unreachable.length > 0)
      log.warn(
        { code: 'host_routes_unreachable', paths: unreachable },
        'Routes below the paths of this site are behind site.router, so no request reaches them (docs/guides/adminjs.md).',
      )
  }
}

/** Picks the options that are passed on unchanged, without those that are not set. */
function picked({ admin, requirements, users, kinds, userVerification }: SiteOptions) {
  return {
    ...(requirements && { requirements }),
    ...(admin && { admin }),
    ...(users && { users }),
    ...(kinds && { kinds }),
    ...(userVerification && { userVerification }),
  }
}

/** Starts the worker. @returns a function that stops it */
function startWorker(options: SiteOptions, services: SiteServices, { everyKind }: Otp): () => Promise<void> {
  const { config, baseUrl, log } = services
  const mail: MailGateway = options.mail ? limitMail(options.mail) : chooseMailGateway(config, baseUrl, log)
  const sms = options.sms ? limitSms(options.sms) : chooseSmsGateway(config, log)
  const embedded = !config.databaseUrl
  const worker = runWorker({
    ...services,
    mail,
    sms,
    siteName: config.siteName,
    embedded,
    recordUndelivered: recordUndelivered(services),
    codeSenders: codeSenders(everyKind),
  })
  return async () => {
    await worker.stop()
    mail.close()
  }
}
