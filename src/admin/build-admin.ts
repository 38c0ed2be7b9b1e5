import { runStatement } from '../db/run-statement.js'
import type { DeviceTable } from './actions/device-tables.js'
import { panelActions } from './actions/panel-actions.js'
import { AdminJS } from './adminjs.js'
import { dashboardHandler } from './dashboard.js'
import { resourceId } from './host-resources.js'
import { assertNoConflicts } from './host/assert-no-conflicts.js'
import { checkComponentNames } from './host/check-component-names.js'
import { guardHostActions } from './host/guard-host-actions.js'
import type { HostSettings } from './host/host-admin.js'
import { listHostPermissions } from './host/host-permissions.js'
import { mergeOptions } from './host/merge-options.js'
import { type TableGuard, unseenResources } from './host/table-guard.js'
import { unusedOptions } from './host/unused-options.js'
import type { PanelServices } from './panel-services.js'
import { offerKinds } from './permissions.js'
import { AllowListedResource } from './resources/allow-listed-resource.js'
import { shownKinds } from './resources/devices.js'
import { panelResources } from './resources/index.js'
import type { PanelResource } from './resources/panel-resource.js'

/** Builds AdminJS with the site's resources. Its components are bundled at build time, so none are passed here. */
export function buildAdmin(services: PanelServices): AdminJS {
  return new AdminJS(ownOptions(services))
}

/**
 * Builds AdminJS with the resources of the site and of a host. A call to the host's resources
 * needs both a permission and the host's own `isAccessible`.
 *
 * @param tables keeps the site's tables out of the host's resources
 * @throws {SiteError} if something in the host's options conflicts with the panel
 */
export async function buildAdminWithHost(
  services: PanelServices,
  { options, access }: HostSettings,
  tables: TableGuard,
): Promise<AdminJS> {
  const admin = new AdminJS(mergeOptions(ownOptions(services), options))
  await assertNoConflicts(admin, options.resources ?? [], tables, (resource) =>
    services.log.warn(
      { code: 'host_tables_unasked' },
      `The database of the resource "${resourceId(resource)}" is not responding. The site checks at the first call whether it is one of its own tables.`,
    ),
  )
  warnOfUnseen(services, admin)
  if (access === undefined) await warnOfOpenAccess(services, admin)
  for (const name of await unusedOptions(admin, options))
    services.log.warn(
      { code: 'host_option_unused' },
      `The AdminJS option ${name} has no effect in this panel (docs/guides/adminjs.md).`,
    )
  checkComponentNames(admin, options)
  guardHostActions(admin)
  return admin
}

function warnOfUnseen({ log }: PanelServices, admin: AdminJS): void {
  const unseen = unseenResources(admin).map(resourceId)
  if (unseen.length === 0) return
  log.warn(
    { code: 'host_tables_unseen' },
    `Of these resources it cannot be seen which tables they reach: ${unseen.join(', ')}. Connect them with a role that may not use the schema of this site (docs/guides/adminjs.md).`,
  )
}

/** Warns if a group grants something that all staff have, because nobody decided who can use the host's resources. */
async function warnOfOpenAccess({ database, log }: PanelServices, admin: AdminJS): Promise<void> {
  const permissions = listHostPermissions(admin)
  const [group] = await runStatement<{ name: string }>(database, undefined, GRANTING, { permissions })
  if (!group) return
  log.warn(
    { code: 'host_access_open' },
    `The group "${group.name}" grants permissions for resources of the application, which all staff can use. Set access: 'groups' so that only members can, or access: 'staff' if this is right (docs/guides/adminjs.md).`,
  )
}

const GRANTING = 'select name from groups where permissions && $permissions::text[] order by name limit 1'

function ownOptions(services: PanelServices) {
  const devices = deviceTables(services)
  offerKinds(services.otp.everyKind)
  return {
    rootPath: '/admin',
    loginPath: '/account/login',
    logoutPath: '/account/logout',
    branding: { companyName: services.config.siteName, logo: false as const, withMadeWithLove: false },
    settings: { defaultPerPage: 20 },
    dashboard: { component: 'Dashboard', handler: dashboardHandler(services) },
    resources: panelResources(services.otp.everyKind).map((resource) => ({
      resource: new AllowListedResource(services, modelOf(services, devices, resource), resource.list),
      options: optionsOf(services, devices, resource),
    })),
  }
}

function deviceTables({ otp, database }: PanelServices): DeviceTable[] {
  return shownKinds(otp.everyKind).map(({ name, table, initModel }) => ({
    table,
    kind: name,
    model: initModel(database.sequelize),
  }))
}

function modelOf({ database, otp }: PanelServices, devices: readonly DeviceTable[], { table }: PanelResource) {
  const own = devices.find((device) => device.table === table)?.model
  const part = shownKinds(otp.everyKind)
    .flatMap(({ panel }) => panel.parts ?? [])
    .find((each) => each.table === table)
  const model =
    own ??
    part?.initModel(database.sequelize) ??
    Object.values(database.models).find((candidate) => candidate.tableName === table)
  if (!model) throw new Error(`The panel's resource "${table}" has no model.`)
  return model
}

/** Builds a resource's AdminJS options. Only columns with an index can be sorted by. */
function optionsOf(
  services: PanelServices,
  devices: readonly DeviceTable[],
  { table, list, options, custom }: PanelResource,
): PanelResource['options'] {
  const customs = custom?.(services) ?? {}
  const columns = list.read.map((name) => [
    name,
    {
      isSortable: list.sort.includes(name),
      isTitle: name === list.title,
      isRequired: false,
      ...options.properties?.[name],
      ...(customs[name] && { custom: customs[name] }),
    },
  ])
  return {
    ...options,
    id: table,
    properties: { ...options.properties, ...Object.fromEntries(columns) },
    actions: panelActions(services, table, devices.find((device) => device.table === table) ?? null),
  }
}
