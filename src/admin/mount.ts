import express, { type RequestHandler, type Router } from 'express'
import { foreignSender } from '../http/check-origin.js'
import { type AdminJS, buildRouter } from './adminjs.js'
import { buildAdmin, buildAdminWithHost } from './build-admin.js'
import { exportList } from './export/export-list.js'
import { requirePanelAccess, recheckPanelAccess, type PanelRules } from './guard.js'
import { enterHost, rejectNothing } from './host-error.js'
import { bundleComponents } from './host/bundle-components.js'
import { checkHostCall } from './host/check-host-call.js'
import { checkHostPage, checkCustomPage } from './host/check-host-page.js'
import { type HostSettings, parseHostAdmin } from './host/host-admin.js'
import { createHostPage } from './host/host-page.js'
import { listHostPermissions } from './host/host-permissions.js'
import { readOwnRelations } from './host/own-relations.js'
import { readHostFields } from './host/read-host-fields.js'
import { rejectSharedKeys } from './host/reject-shared-keys.js'
import { rejectUnreadable } from './host/reject-unreadable.js'
import { restoreHostErrorStatus } from './host/restore-host-error-status.js'
import { serveComponents } from './host/serve-components.js'
import { stripReferences } from './host/strip-references.js'
import { guardTables, type TableGuard } from './host/table-guard.js'
import { readByPost, takeBulkIds } from './host/take-bulk-ids.js'
import { type CallKind, checkCall } from './http/check-call.js'
import { checkPage } from './http/check-page.js'
import { panelErrorHandler } from './http/panel-error-handler.js'
import { readFields } from './http/read-fields.js'
import { restoreErrorStatus } from './http/restore-error-status.js'
import { createPage } from './page/render-page.js'
import { type PanelAssets, loadPanelAssets } from './page/serve-assets.js'
import { PanelError } from './panel-error.js'
import type { PanelServices } from './panel-services.js'
import { createRequirementChecks, type RequirementChecks } from './requirements.js'

export interface Panel {
  /** Mounted at `/admin`, after the middleware that loads the session and the request's user. */
  router: Router
  /** Serves the browser code at `/admin-assets/…`, also to anonymous requests. */
  assets: RequestHandler
}

/** AdminJS's API paths, each with the form of action that responds there. */
const CALLS: readonly [path: string, kind: CallKind][] = [
  ['/api/resources/:resourceId/actions/:action', 'resource'],
  ['/api/resources/:resourceId/actions/:action/:query', 'resource'],
  ['/api/resources/:resourceId/records/:recordId/:action', 'record'],
  ['/api/resources/:resourceId/bulk/:action', 'bulk'],
]

const PAGES = [
  '/resources/:resourceId',
  '/resources/:resourceId/actions/:action',
  '/resources/:resourceId/records/:recordId/:action',
  '/resources/:resourceId/bulk/:action',
]

/**
 * Creates the panel: the guard, the page and the checks, followed by AdminJS's router. Paths
 * that are not listed here never reach AdminJS.
 *
 * @throws {SiteError} if the assets are not built, or the host's AdminJS options are invalid
 */
export async function createPanel(services: PanelServices): Promise<Panel> {
  const assets = loadPanelAssets()
  const router = strictRouter()
  // Until the requirements are known, no resource is open.
  const known: PanelRules = { ofHost: [], isOpenTo: () => false }
  router.get('/login', (_req, res) => res.redirect(302, '/account/login'))
  router.get('/logout', (_req, res) => res.redirect(302, '/account/logout'))
  router.use(requirePanelAccess(services, known), onlyGetAndPost)
  router.use('/api', ownPageOnly(services))
  const rules = services.admin
    ? await mountWithHost(router, services, parseHostAdmin(services.admin), assets)
    : mountOwn(router, services, assets)
  Object.assign(known, rules)
  router.use(() => {
    throw new PanelError('not_found')
  })
  router.use(panelErrorHandler(services))
  return { router, assets: assets.serve }
}

/** Creates a router that matches paths exactly, like AdminJS's, so that both read every path in the same way. */
const strictRouter = () => express.Router({ caseSensitive: true, strict: true })

function mountOwn(router: Router, services: PanelServices, assets: PanelAssets): PanelRules {
  const admin = buildAdmin(services)
  const check = createRequirementChecks(services, admin, services.requirements ?? {})
  mountCalls(router, services, admin, check, routerOf(admin))
  mountPages(router, admin, createPage(services, admin, assets))
  return { ofHost: null, isOpenTo: check.isOpenTo }
}

/** Mounts the host's routes first. They pass requests that are not for the host on to the panel's routes. */
async function mountWithHost(
  router: Router,
  services: PanelServices,
  host: HostSettings,
  assets: PanelAssets,
): Promise<PanelRules> {
  const tables = guardTables(await readOwnRelations(services.database, kindTables(services)))
  const admin = await buildAdminWithHost(services, host, tables)
  const components = await bundleComponents(admin)
  const script = components && `/host-assets/${components.name}`
  const page = createHostPage(admin, assets, script && `/admin${script}`)
  const adminRouter = routerOf(admin)
  const check = createRequirementChecks(services, admin, { ...host.requirements, ...services.requirements })
  const handled = (kind?: CallKind) => [
    ...check.calls,
    ...readHostFields(host),
    ...(kind === 'bulk' ? [takeBulkIds] : []),
    recheckPanelAccess(services),
    ...(kind ? [rejectSharedKeys(admin, kind)] : []),
    restoreHostErrorStatus,
    stripReferences(admin, check.isOpenTo),
    enterHost,
    adminRouter,
    rejectNothing,
    ...(kind ? [rejectUnreadable(admin, kind)] : []),
  ]
  if (components && script) router.get(script, serveComponents(components))
  for (const [path, kind] of CALLS)
    router.all(
      path,
      ...(kind === 'bulk' ? [readByPost] : []),
      checkHostCall(admin, kind),
      watchTables(tables, admin),
      ...handled(kind),
    )
  router.all('/api/pages/:pageName', checkCustomPage(admin), watchTables(tables, admin), ...handled())
  for (const path of PAGES) router.get(path, checkHostPage(admin), page)
  router.get('/pages/:pageName', checkCustomPage(admin), page)
  mountCalls(router, services, admin, check, adminRouter)
  mountPages(router, admin, page)
  return { ofHost: host.access === 'groups' ? listHostPermissions(admin) : null, isOpenTo: check.isOpenTo }
}

/** Lists the device tables, those of custom kinds included. */
const kindTables = ({ otp }: PanelServices) => otp.everyKind.map(({ table }) => table)

/** Rejects the call if a host's model now uses one of the site's tables: a model's table can change at run time. */
function watchTables(tables: TableGuard, admin: AdminJS): RequestHandler {
  return async (_req, _res, next) => {
    if (await tables.isAnyOwn(admin)) throw new PanelError('not_allowed')
    next()
  }
}

function routerOf(admin: AdminJS): Router {
  // AdminJS would bundle the host's components here a second time, for a route that is not reachable.
  admin.initialize = async () => {}
  return buildRouter(admin, strictRouter())
}

function mountCalls(
  router: Router,
  services: PanelServices,
  admin: AdminJS,
  check: RequirementChecks,
  adminRouter: Router,
): void {
  const handled = [
    ...check.calls,
    readFields,
    recheckPanelAccess(services),
    exportList(services, admin),
    restoreErrorStatus,
    stripReferences(admin, check.isOpenTo),
    adminRouter,
  ]
  for (const [path, kind] of CALLS) router.all(path, checkCall(admin, kind), ...handled)
  router
    .route('/api/dashboard')
    .get(readFields, check.dashboard, ...(services.admin ? [enterHost] : []), adminRouter, rejectNothing)
    .all(refuseMethod('GET, HEAD'))
}

function mountPages(router: Router, admin: AdminJS, page: RequestHandler): void {
  for (const path of ['/', ...PAGES]) router.route(path).get(checkPage(admin), page).all(refuseMethod('GET, HEAD'))
}

/** Handles HEAD as GET, because AdminJS's delete actions run on every other method. Node omits the body. */
const onlyGetAndPost: RequestHandler = (req, _res, next) => {
  if (req.method === 'HEAD') req.method = 'GET'
  if (req.method !== 'GET' && req.method !== 'POST')
    throw new PanelError('method_not_allowed', { allow: 'GET, HEAD, POST' })
  next()
}

/**
 * Rejects API calls from other sites, also by GET: AdminJS's own actions change data on GET.
 * Calls that no script made, such as links or images in a host's content, are rejected as well.
 */
function ownPageOnly({ allowedOrigins }: PanelServices): RequestHandler {
  return (req, _res, next) => {
    const foreign = foreignSender(req, allowedOrigins)
    if (foreign) throw new PanelError('cross_origin', foreign)
    if ((req.get('sec-fetch-dest') ?? 'empty') !== 'empty')
      throw new PanelError('cross_origin', { reason: 'script_only' })
    next()
  }
}

function refuseMethod(allow: string): RequestHandler {
  return () => {
    throw new PanelError('method_not_allowed', { allow })
  }
}
