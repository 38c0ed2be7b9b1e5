import type { AdminJS } from '../adminjs.js'
import { isHostResource, type AdminResource } from '../host-resources.js'
import { type HostModel, modelFrom, ownSearchPath, readsOwnTable, writtenName } from './reach-tables.js'
import { relatedModels } from './related-models.js'
import type { OwnRelations } from './own-relations.js'

/** Keeps the tables of this site out of the resources of a host. */
export interface TableGuard {
  /** Checks whether a resource contains rows of the site. @throws the error of the host's connection */
  isOwn(resource: AdminResource): Promise<boolean>
  /** Checks whether any resource of the host now does. It makes no query if no table name has changed. */
  isAnyOwn(admin: AdminJS): Promise<boolean>
}

/** Creates a guard that remembers the models whose tables are not the site's. */
export function guardTables(own: OwnRelations): TableGuard {
  const harmless = new Map<HostModel, string>()
  const isOwnModel = async (model: HostModel) => {
    const written = nameOf(model)
    if (harmless.get(model) === written) return false
    if (await readsOwnTable(model, own)) return true
    harmless.set(model, written)
    return false
  }
  const isOwn = async (resource: AdminResource) => {
    for (const model of modelsOf(resource)) if (await isOwnModel(model)) return true
    return namesOwnTable(resource, own)
  }
  return {
    isOwn,
    async isAnyOwn(admin) {
      for (const resource of admin.resources.filter(isHostResource)) if (await isOwn(resource)) return true
      return false
    },
  }
}

/** Returns the name that a model's check depends on. On another dialect it cannot be one of the site's tables. */
const nameOf = (model: HostModel) =>
  model.sequelize.getDialect() === 'postgres' ? `${ownSearchPath(model) ?? ''} ${writtenName(model)}` : ''

/** Collects the models in an adapter's resource, under any property name, and their related models. */
function modelsOf(resource: AdminResource): HostModel[] {
  const own = Object.values(resource).flatMap((value: unknown) => modelFrom(value) ?? [])
  return own.flatMap((model) => [...relatedModels(model)])
}

/** Checks table names for other adapters, whose servers cannot be queried. A name that many applications use is ignored. */
function namesOwnTable(resource: AdminResource, { schemas, names }: OwnRelations): boolean {
  const table = textAt(resource, 'tableName')
  if (table === undefined || modelFrom(Reflect.get(resource, 'SequelizeModel'))) return false
  const schema = textAt(resource, 'schemaName') ?? textAt(resource, 'schema')
  const isTelling = names.has(table) && !EVERYBODYS.has(table)
  return schemas.has(schema ?? '') || isTelling
}

const EVERYBODYS: ReadonlySet<string> = new Set(['users', 'groups', 'user_groups', 'sessions', 'migrations', 'seeders'])

function textAt(resource: AdminResource, name: string): string | undefined {
  const value: unknown = Reflect.get(resource, name)
  return typeof value === 'string' ? value.toLowerCase() : undefined
}

/** Finds resources of adapters other than Sequelize's. Only the database's privileges can protect the site from them. */
export function unseenResources({ resources }: AdminJS): AdminResource[] {
  return resources.filter((resource) => isHostResource(resource) && modelsOf(resource).length === 0)
}
