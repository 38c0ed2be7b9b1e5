import express, { type RequestHandler, type Router } from 'express'
import { type AdminJS, buildRouter } from './adminjs.js'
import { buildAdmin, buildAdminWithHost } from './build-admin.js'
import { exportList } from './export/export-list.js'
import { guard, guardAgain, type PanelRules } from './guard.js'
import { bundleComponents } from './host/bundle-components.js'
import { checkHostCall } from './host/check-host-call.js'
import { checkHostPage, checkNamedPage } from './host/check-host-page.js'
import { cutReferences } from './host/cut-references.js'
import { type HostSettings, readHostAdmin } from './host/host-admin.js'
import { createHostPage } from './host/host-page.js'
import { enterHost, refuseNothing } from './host/host-fault.js'
import { hostPermissions } from './host/host-permissions.js'
import { readOwnRelations } from './host/own-relations.js'
import { readHostFields } from './host/read-host-fields.js'
import { serveComponents } from './host/serve-components.js'
import { readByPost, takeBulkIds } from './host/take-bulk-ids.js'
import { guardTables, type TableGuard } from './host/table-guard.js'
import { refuseSharedKeys } from './host/refuse-shared-keys.js'
import { refuseUnreadable } from './host/refuse-unreadable.js'
import { unmaskHostRefusals } from './host/unmask-host-refusals.js'
import { answerRefusals } from './http/answer-refusals.js'
import { type CallKind, checkCall } from './http/check-call.js'
import { checkPage } from './http/check-page.js'
import { readFields } from './http/read-fields.js'
import { unmaskRefusals } from './http/unmask-refusals.js'
import { createPage } from './page/render-page.js'
import { type PanelAssets, readAssets } from './page/serve-assets.js'
import { PanelRefusal } from './refusal.js'
import { checkRequirement, type RequirementChecks } from './requirements.js'
import type { PanelServices } from './services.js'

export interface Panel {
  /** For `/admin`, behind sessions and the loading of the request's user. */
  router: Router
  /** The browser's part, for everybody; serves `/admin-assets/…`. */
  assets: RequestHandler
}

/** AdminJS's addresses, each with the one shape of action that answers there. */
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
 * The panel: our guard, our page, our checks, and behind them AdminJS's own router. An
 * address that is not named here never reaches it.
 *
 * @throws {SiteError} for what cannot be taken over of a host's AdminJS
 */
export async function createPanel(services: PanelServices): Promise<Panel> {
  const assets = readAssets()
  const router = strictRouter()
  // Nothing is open before it is known what reading requires.
  const known: PanelRules = { ofHost: [], isOpenTo: () => false }
  router.get('/login', (_req, res) => res.redirect(302, '/account/login'))
  router.get('/logout', (_req, res) => res.redirect(302, '/account/logout'))
  router.use(guard(services, known), onlyGetAndPost)
  router.use('/api', ownPageOnly(services))
  const rules = services.admin
    ? await mountWithHost(router, services, readHostAdmin(services.admin), assets)
    : mountOwn(router, services, assets)
  Object.assign(known, rules)
  router.use(() => {
    throw new PanelRefusal('not_found')
  })
  router.use(answerRefusals(services))
  return { router, assets: assets.serve }
}

/** Ours and AdminJS's match to the letter, so that no address passes one and means something else to the other. */
const strictRouter = () => express.Router({ caseSensitive: true, strict: true })

function mountOwn(router: Router, services: PanelServices, assets: PanelAssets): PanelRules {
  const admin = buildAdmin(services)
  const check = checkRequirement(services, admin, services.requirements ?? {})
  mountCalls(router, services, admin, check, routerOf(admin))
  mountPages(router, admin, createPage(services, admin, assets))
  return { ofHost: [], isOpenTo: check.isOpenTo }
}

/** The host's addresses come first; they hand on what is none of the host's. */
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
  const check = checkRequirement(services, admin, { ...host.requirements, ...services.requirements })
  const handled = (kind?: CallKind) => [
    ...check.calls,
    ...readHostFields(host),
    ...(kind === 'bulk' ? [takeBulkIds] : []),
    guardAgain(services),
    ...(kind ? [refuseSharedKeys(admin, kind)] : []),
    unmaskHostRefusals,
    cutReferences(admin, check.isOpenTo),
    enterHost,
    adminRouter,
    refuseNothing,
    ...(kind ? [refuseUnreadable(services, admin, kind)] : []),
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
  router.all('/api/pages/:pageName', checkNamedPage(admin), watchTables(tables, admin), ...handled())
  for (const path of PAGES) router.get(path, checkHostPage(admin), page)
  router.get('/pages/:pageName', checkNamedPage(admin), page)
  mountCalls(router, services, admin, check, adminRouter)
  mountPages(router, admin, page)
  return { ofHost: hostPermissions(admin), isOpenTo: check.isOpenTo }
}

/** Of kinds from outside, whose tables are ours as well. */
const kindTables = ({ otp }: PanelServices) => otp.kinds.map(({ table }) => table)

/** A model can be given another table while the process runs. */
function watchTables(tables: TableGuard, admin: AdminJS): RequestHandler {
  return async (_req, _res, next) => {
    if (await tables.isAnyOwn(admin)) throw new PanelRefusal('not_allowed')
    next()
  }
}

function routerOf(admin: AdminJS): Router {
  // AdminJS would bundle the host's components here, for a route of its own that nobody reaches.
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
    guardAgain(services),
    exportList(services, admin),
    unmaskRefusals,
    cutReferences(admin, check.isOpenTo),
    adminRouter,
  ]
  for (const [path, kind] of CALLS) router.all(path, checkCall(admin, kind), ...handled)
  router
    .route('/api/dashboard')
    .get(readFields, check.dashboard, ...(services.admin ? [enterHost] : []), adminRouter, refuseNothing)
    .all(refuseMethod('GET, HEAD'))
}

function mountPages(router: Router, admin: AdminJS, page: RequestHandler): void {
  for (const path of ['/', ...PAGES]) router.route(path).get(checkPage(admin), page).all(refuseMethod('GET, HEAD'))
}

/** HEAD is GET without a body; AdminJS would take it for neither and delete on it. Node leaves the body out by itself. */
const onlyGetAndPost: RequestHandler = (req, _res, next) => {
  if (req.method === 'HEAD') req.method = 'GET'
  if (req.method !== 'GET' && req.method !== 'POST')
    throw new PanelRefusal('method_not_allowed', { allow: 'GET, HEAD, POST' })
  next()
}

/**
 * Reading calls too: some of AdminJS's own are made by GET, and no other site has a reason to make one. Scripts
 * alone make them; a link or an image in what a host shows would come from our own page, too.
 */
function ownPageOnly({ foreignSender }: PanelServices): RequestHandler {
  return (req, _res, next) => {
    const foreign = foreignSender(req)
    if (foreign) throw new PanelRefusal('cross_origin', foreign)
    if ((req.get('sec-fetch-dest') ?? 'empty') !== 'empty')
      throw new PanelRefusal('cross_origin', { reason: 'script_only' })
    next()
  }
}

function refuseMethod(allow: string): RequestHandler {
  return () => {
    throw new PanelRefusal('method_not_allowed', { allow })
  }
}
