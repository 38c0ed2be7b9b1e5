import express, { type ErrorRequestHandler, type Express, Router } from 'express'
import type { Logger } from 'pino'
import type { Account } from './account/account.js'
import { pageRoutes } from './account/page-routes.js'
import { alertOwner } from './account/backup-tokens/alert-owner.js'
import { createInvitation } from './account/invitation/create-invitation.js'
import { voidLinks } from './account/one-time-link.js'
import { tellOwner } from './account/tell-owner.js'
import { keepSwept } from './account/setup/sweep.js'
import type { HostAdmin } from './admin/host/host-admin.js'
import { createPanel } from './admin/mount.js'
import type { Requirements } from './admin/host/host-admin.js'
import { DELIVERY_WAIT } from './auth/send-challenge.js'
import type { Auth } from './auth/auth.js'
import { enforcePolicy } from './auth/enforce-policy.js'
import { enrolmentGate } from './auth/enrolment.js'
import { refuseStrangers } from './auth/refuse-strangers.js'
import { loadRequestUser, readAgain } from './auth/load-request-user.js'
import { createHostUsers } from './auth/host-users/host-users.js'
import { refreshPeople } from './auth/host-users/refresh-people.js'
import type { UsersAdapter } from './auth/host-users/users-adapter.js'
import { recordVerifications } from './auth/record-verifications.js'
import { endTrust } from './auth/trusted-browser/end-trust.js'
import { answerRepeats } from './auth/repeats/answer-repeats.js'
import { readObstacles } from './auth/read-obstacles.js'
import { requires } from './auth/requires.js'
import { judgeResumed } from './auth/step-up/resume.js'
import { verifyRoutes } from './auth/step-up/routes.js'
import type { Clock } from './clock.js'
import type { Config } from './config/read-config.js'
import { weakSettings } from './config/weak-settings.js'
import type { Keyring } from './crypto/keyring.js'
import type { Database } from './db/connect.js'
import { isOutage } from './db/is-outage.js'
import { useKeys } from './db/use-keys.js'
import { checkOrigin, foreignSender } from './http/check-origin.js'
import { chooseLanguage } from './http/choose-language.js'
import { describeOrigin } from './http/describe-origin.js'
import { inAnyNotation } from './http/client-address.js'
import { rememberClient } from './http/client-info.js'
import { isFromHost } from './host-code.js'
import { healthRoutes } from './http/health.js'
import { hasPage, knownAddresses } from './http/known-addresses.js'
import { limitAddress } from './http/limit-address.js'
import { logRequests } from './http/log-requests.js'
import { ownAddresses } from './http/own-addresses.js'
import { refuseMethod, refuseOddTargets, refuseUnknown } from './http/refuse-unknown.js'
import { refuseBadInput } from './http/read-form.js'
import { readFormsFirst } from './http/read-forms-first.js'
import { refuseCapitals } from './http/refuse-capitals.js'
import { HOST_UNAVAILABLE, refuse, UNAVAILABLE } from './http/refuse.js'
import { securityHeaders } from './http/security-headers.js'
import { sendPage } from './http/send-page.js'
import { readKeyScript } from './http/serve-key-script.js'
import { readStylesheet } from './http/serve-stylesheet.js'
import { sessions } from './http/sessions.js'
import { tellUser } from './notify/tell-user.js'
import { createEvents } from './otp/events.js'
import type { AddedKind } from './otp/kinds/added-kind.js'
import { builtInKinds } from './kinds/index.js'
import { registerKinds } from './otp/kinds/register-kinds.js'
import { otpSettings } from './otp/otp-settings.js'
import type { Otp } from './otp/otp.js'
import type { UserVerification } from './otp/webauthn/relying-party.js'
import { faultForLog } from './fault-for-log.js'

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
  /** Whether a security key beside a password asks for a PIN or a finger, too. Where nothing is said: `preferred`. */
  userVerification?: UserVerification
  /** Stand beside the routes of an application: hand on what is none of our addresses, and rule over no other. */
  beside?: { health: boolean }
  /** The host application's AdminJS, whose resources stand beside ours. */
  admin?: HostAdmin
  /** What calls of the panel's own resources ask beyond verified staff (src/admin/requirements.ts). */
  requirements?: Requirements
  /** People of the application's own table; whoever is only in ours signs in no more. */
  users?: UsersAdapter
  /** Kinds of device beside those that the site brings. Their migrations have run: `migrate(database, kinds)`. */
  kinds?: readonly AddedKind[]
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
  const beside = services.beside !== undefined
  const https = services.baseUrl.startsWith('https:')
  const origins = new Set([services.baseUrl, ...(services.alsoOrigins ?? [])])
  for (const { variable, message } of weakSettings(config, services.baseUrl)) log.warn({ variable }, message)
  await useKeys({ database, keys, clock: services.clock, log })
  const account = await createAccount(services, { https, origins, hasPage: (path) => hasPage(methodsAt(path)) })
  const stylesheet = readStylesheet()
  const keyScript = readKeyScript()
  const secrets = [...keys.sessionSecrets]
  const session = sessions({ pool: database.pool, clock: services.clock, secrets, https, beside })
  const panel = await createPanel({
    database,
    clock: services.clock,
    otp: account.otp,
    tellUser: (transaction, userId, notice) => tellUser(account, transaction, userId, notice),
    invite: (transaction, invitation) => createInvitation(account.otp, transaction, invitation, account.baseUrl()),
    voidInvitations: (transaction, userIds) => voidLinks(account, transaction, 'invitation', userIds),
    readObstacles: (userId, helps, transaction) => readObstacles(account, userId, helps, transaction),
    siteName: config.siteName,
    peopleElsewhere: account.hostUsers !== null,
    refreshPeople: async (ids) => services.users && refreshPeople(services.users, database, ids),
    ...(services.admin && { admin: services.admin }),
    ...(services.requirements && { requirements: services.requirements }),
    requires: (requirement) => requires(account, requirement),
    readAgain: (req) => readAgain(account, req),
    originOf: describeOrigin,
    foreignSender: (req) => foreignSender(req, origins),
    showRefusal: (res, code, message) => sendPage(res, 'error', { code, message }),
    warn: (code, message) => log.warn({ code }, message),
    logFault: (fault, req) => req.log.error({ err: faultForLog(fault) }, 'unhandled error in the panel'),
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
    stylesheet: stylesheet.address,
    keyScript: keyScript.address,
    ownsPeople: account.hostUsers === null,
  }

  const pages = pageRoutes(account)
  const stepUp = verifyRoutes(account)
  const methodsAt = knownAddresses([stepUp, ...pages])
  const own = ownAddresses(methodsAt, beside)
  if (services.beside?.health ?? true) app.use(healthRoutes(database, services.kinds ?? [], log))
  app.use(chooseLanguage, logRequests(log), securityHeaders({ https, beside }))
  if (!beside) app.use(refuseOddTargets)
  app.use(stylesheet.serve, keyScript.serve, panel.assets)
  const senderRules = Router({ caseSensitive: true, strict: true })
    .use(own.rule(checkOrigin(origins)))
    .use('/admin', refuseStrangers({ https, secrets }))
    .use(readFormsFirst(methodsAt))
  const repeats = answerRepeats(account, methodsAt)
  app.use(senderRules, repeats.claim, session.middleware, repeats.keep, loadRequestUser(account))
  // Also for the application's paths, so that no other path allows what the policy denies.
  const personRules = Router().use(enforcePolicy(account, own), enrolmentGate(account, own))
  app.use(personRules, stepUp, judgeResumed(senderRules, personRules), pages)
  if (!beside) app.get('/', (_req, res) => res.redirect(302, '/admin'))
  if (beside) app.use(refuseCapitals)
  app.use('/admin', panel.router)
  app.use(beside ? refuseMethod(methodsAt) : refuseUnknown(methodsAt))
  app.use(own.fault(refuseBadInput), own.fault(answerFault(log)))
  const stopSweeping = services.sweeps === false ? () => {} : keepSwept(account, log)
  const close = () => {
    stopSweeping()
    session.store.close()
  }
  return { app, otp: account.otp, auth: account, isOwn: own.knows, close }
}

async function createAccount(
  services: SiteServices,
  { https, origins, hasPage }: Pick<Account, 'https' | 'origins' | 'hasPage'>,
): Promise<Account> {
  const { config, clock, database, keys } = services
  const otp: Otp = {
    database,
    clock,
    keys,
    events: createEvents((fault, event) =>
      services.log.error({ err: faultForLog(fault), event }, 'error in an event handler'),
    ),
    ...(await registerKinds(database, config, [...builtInKinds, ...(services.kinds ?? [])])),
    settings: otpSettings(config, services.baseUrl, services.userVerification),
  }
  const addressLimit = limitAddress(database.pool, config.loginAddressLimit)
  const forgotLimit = limitAddress(database.pool, config.loginAddressLimit, 'forgot')
  const hostUsers = services.users ? createHostUsers(services.users, services) : null
  const baseUrl = () => services.baseUrl
  const where = { baseUrl, origins, https, hasPage, deliveryWait: DELIVERY_WAIT }
  const account: Account = {
    config: { ...config, everyKind: otp.everyKind },
    clock,
    database,
    otp,
    keys,
    addressLimit,
    forgotLimit,
    hostUsers,
    ...where,
  }
  recordVerifications(otp)
  endTrust(otp)
  alertOwner(account)
  tellOwner(account)
  return account
}

function answerFault(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const outage = isOutage(error)
    if (outage && !isFromHost(error))
      (req.log ?? log).warn({ reason: reasonOf(error) }, 'the database is not available')
    else (req.log ?? log).error({ err: faultForLog(error) }, 'unhandled error')
    if (res.headersSent) return next(error)
    if (outage) return refuse(req, res, isFromHost(error) ? HOST_UNAVAILABLE : UNAVAILABLE)
    refuse(req, res, { status: 500, code: 'internal' })
  }
}

const reasonOf = (error: unknown): string | undefined =>
  error instanceof Error ? faultForLog(error).message : undefined
