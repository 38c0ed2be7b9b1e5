import express, { type ErrorRequestHandler, type Express, Router } from 'express'
import type { Logger } from 'pino'
import type { AccountServices } from './account/account-services.js'
import { pageRoutes } from './page-routes.js'
import { schedulePurge } from './purge-expired.js'
import type { HostAdmin } from './admin/host/host-admin.js'
import { createPanel } from './admin/mount.js'
import type { Requirements } from './admin/host/host-admin.js'
import { DELIVERY_WAIT } from './auth/send-challenge.js'
import type { Auth } from './auth/auth.js'
import { enforcePolicy } from './auth/guards/enforce-policy.js'
import { enrolmentGuard } from './auth/policy/enrolment.js'
import { rejectAnonymous } from './auth/guards/reject-anonymous.js'
import { loadRequestUser } from './auth/load-request-user.js'
import { createHostUsers } from './auth/host-users/host-users.js'
import type { UsersAdapter } from './auth/host-users/users-adapter.js'
import { repeatResponses } from './auth/repeats/repeat-responses.js'
import { checkStoredSession } from './auth/session/check-stored-session.js'
import { checkResumed } from './auth/step-up/resume-request.js'
import { stepUpRoutes } from './auth/step-up/routes.js'
import type { Clock } from './clock.js'
import type { Config } from './config/read-config.js'
import { weakSettings } from './config/weak-settings.js'
import type { Keyring } from './crypto/keyring.js'
import type { Database } from './db/connect.js'
import { isOutage } from './db/is-outage.js'
import { useKeys } from './db/use-keys.js'
import { checkOrigin } from './http/check-origin.js'
import { negotiateLanguage } from './http/client/negotiate-language.js'
import { inAnyNotation } from './http/client/client-ip.js'
import { rememberClient } from './http/client/remember-client.js'
import { isFromHost } from './host-code.js'
import { healthRoutes } from './http/health.js'
import { hasPage, readRouteTable } from './http/paths/route-table.js'
import { createIpRateLimit } from './http/client/ip-rate-limit.js'
import { logRequests } from './http/log-requests.js'
import { sitePaths } from './http/paths/site-paths.js'
import { methodNotAllowed, rejectOddTargets, notFound } from './http/pages/not-found.js'
import { rejectBadInput } from './http/forms/read-form.js'
import { bufferForms } from './http/forms/buffer-forms.js'
import { rejectCapitals } from './http/reject-capitals.js'
import { HOST_UNAVAILABLE, rejectRequest, UNAVAILABLE } from './http/pages/reject-request.js'
import { securityHeaders } from './http/pages/security-headers.js'
import { loadKindScripts, loadScript, loadStylesheet } from './http/pages/assets.js'
import { createSessions } from './http/sessions/sessions.js'
import { createEvents } from './otp/events.js'
import { browserScripts, type CustomKind } from './otp/kind-registry/custom-kind.js'
import { kindsToMigrate, withBuiltInKinds } from './kinds/index.js'
import { registerKinds } from './otp/kind-registry/register-kinds.js'
import { otpSettings } from './otp/otp-settings.js'
import type { Otp } from './otp/otp.js'
import { recordTokens } from './otp/tokens/record-tokens.js'
import type { UserVerification } from './otp/relying-party.js'
import { errorForLog } from './error-for-log.js'

export interface SiteServices {
  config: Config
  clock: Clock
  database: Database
  keys: Keyring
  log: Logger
  /** Public origin, for example `https://admin.example.com`. */
  baseUrl: string
  /** Additional origins that browsers can send: `http://127.0.0.1:3000` in development. */
  alsoOrigins?: readonly string[]
  /** Whether security keys must verify their user after a password, by PIN or fingerprint. Default: `preferred`. */
  userVerification?: UserVerification
  /** Set if the site runs in a host application. It then passes on paths that are not its own, and protects no other. */
  hosted?: { health: boolean }
  /** The host application's AdminJS, whose resources are part of the panel. */
  admin?: HostAdmin
  /** What calls of the site's own resources require in addition to verified staff (src/admin/requirements.ts). */
  requirements?: Requirements
  /** The adapter for the application's own users. Users that only the site has cannot sign in then. */
  users?: UsersAdapter
  /** Custom kinds of device. Their migrations must have run: `migrate(database, kinds)`. */
  kinds?: readonly CustomKind[]
  /** False: no timer deletes expired rows, for a clock that only changes when it is set. */
  sweeps?: boolean
}

export interface MountedSite {
  app: Express
  otp: Otp
  auth: Auth
  /** Whether a path is exactly one of the site's. */
  isOwn(path: string): boolean
  /** Stops the site's timers. Does not close the database. */
  close(): void
}

/**
 * Builds the whole site. Everything is mounted here, in the order in which a request passes it.
 */
export async function mountSite(services: SiteServices): Promise<MountedSite> {
  const { config, database, keys, log } = services
  const hosted = services.hosted !== undefined
  const https = services.baseUrl.startsWith('https:')
  const origins = new Set([services.baseUrl, ...(services.alsoOrigins ?? [])])
  for (const { variable, message } of weakSettings(config, services.baseUrl)) log.warn({ variable }, message)
  await useKeys({ database, keys, clock: services.clock, log })
  const account = await createAccount(services, {
    https,
    allowedOrigins: origins,
    hasPage: (path) => hasPage(methodsAt(path)),
  })
  const stylesheet = loadStylesheet()
  const keyScript = loadScript('webauthn')
  const kindScripts = loadKindScripts(browserScripts(account.otp.kinds))
  const secrets = [...keys.sessionSecrets]
  const { pool } = database
  const session = createSessions({ pool, clock: services.clock, check: checkStoredSession, secrets, https, hosted })
  const panel = await createPanel({
    ...account,
    ...(services.admin && { admin: services.admin }),
    ...(services.requirements && { requirements: services.requirements }),
    log,
  })

  const app = express()
  app.disable('x-powered-by').set('etag', false)
  app.set('trust proxy', config.trustProxy)
  app.set('trust proxy', inAnyNotation(app.get('trust proxy fn')))
  // Set before anything is mounted, because the router is created with these settings.
  app.set('query parser', 'simple').enable('case sensitive routing').enable('strict routing')
  app.use(rememberClient({ trustsProxy: config.trustProxy !== false, log }))
  app.locals.page = {
    siteName: config.siteName,
    stylesheet: stylesheet.path,
    keyScript: keyScript.path,
    kindLoader: kindScripts.loader,
    kindScripts: kindScripts.paths,
    ownsPeople: account.hostUsers === null,
  }

  const pages = pageRoutes(account)
  const stepUp = stepUpRoutes(account)
  const methodsAt = readRouteTable([stepUp, ...pages])
  const own = sitePaths(methodsAt, hosted)
  if (services.hosted?.health ?? true) app.use(healthRoutes(database, kindsToMigrate(services.kinds), log))
  app.use(negotiateLanguage, logRequests(log), securityHeaders({ https, hosted }))
  if (!hosted) app.use(rejectOddTargets)
  app.use(stylesheet.serve, keyScript.serve, ...kindScripts.serve, panel.assets)
  const senderRules = Router({ caseSensitive: true, strict: true })
    .use(own.handler(checkOrigin(origins)))
    .use('/admin', rejectAnonymous({ https, secrets }))
    .use(bufferForms(methodsAt))
  const repeats = repeatResponses(account, methodsAt)
  app.use(senderRules, repeats.claim, session.middleware, repeats.keep, loadRequestUser(account))
  // Also for the application's paths, so that no other path allows what the policy denies.
  const personRules = Router().use(enforcePolicy(account, own), enrolmentGuard(account, own))
  app.use(personRules, stepUp, checkResumed(senderRules, personRules), pages)
  if (!hosted) app.get('/', (_req, res) => res.redirect(302, '/admin'))
  if (hosted) app.use(rejectCapitals)
  app.use('/admin', panel.router)
  app.use(hosted ? methodNotAllowed(methodsAt) : notFound(methodsAt))
  app.use(own.errorHandler(rejectBadInput), own.errorHandler(answerFault(log)))
  const stopSweeping = services.sweeps === false ? () => {} : schedulePurge(account, log)
  const close = () => {
    stopSweeping()
    session.store.close()
  }
  return { app, otp: account.otp, auth: account, isOwn: own.owns, close }
}

async function createAccount(
  services: SiteServices,
  { https, allowedOrigins: origins, hasPage }: Pick<AccountServices, 'https' | 'allowedOrigins' | 'hasPage'>,
): Promise<AccountServices> {
  const { config, clock, database, keys } = services
  const otp: Otp = {
    database,
    clock,
    keys,
    baseUrl: () => services.baseUrl,
    events: createEvents((error, event) =>
      services.log.error({ err: errorForLog(error), event }, 'error in an event handler'),
    ),
    ...(await registerKinds(database, config, withBuiltInKinds(services.kinds))),
    settings: otpSettings(config, services.baseUrl, services.userVerification),
  }
  const addressLimit = createIpRateLimit(database.pool, config.loginAddressLimit)
  const forgotLimit = createIpRateLimit(database.pool, config.loginAddressLimit, 'forgot')
  const hostUsers = services.users ? createHostUsers(services.users, services) : null
  const where = { allowedOrigins: origins, https, hasPage, deliveryWait: DELIVERY_WAIT }
  const account: AccountServices = {
    config: { ...config, everyKind: otp.everyKind },
    clock,
    database,
    otp,
    keys,
    ipRateLimit: addressLimit,
    forgotLimit,
    hostUsers,
    ...where,
  }
  recordTokens(otp)
  return account
}

function answerFault(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const outage = isOutage(error)
    if (outage && !isFromHost(error))
      (req.log ?? log).warn({ reason: reasonOf(error) }, 'the database is not available')
    else (req.log ?? log).error({ err: errorForLog(error) }, 'unhandled error')
    if (res.headersSent) return next(error)
    if (outage) return rejectRequest(req, res, isFromHost(error) ? HOST_UNAVAILABLE : UNAVAILABLE)
    rejectRequest(req, res, { status: 500, code: 'internal' })
  }
}

const reasonOf = (error: unknown): string | undefined =>
  error instanceof Error ? errorForLog(error).message : undefined
