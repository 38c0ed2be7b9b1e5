import type { AdminJS } from '../adminjs.js'
import { isOfHost, type Resource } from './host-resources.js'
import { type HostModel, modelFrom, ownSearchPath, readsOwnTable, writtenName } from './reach-tables.js'
import { relatedModels } from './related-models.js'
import type { OwnRelations } from './own-relations.js'

/** Keeps the tables of this site out of the resources of a host. */
export interface TableGuard {
  /** Whether a resource brings rows of ours. @throws what the host's connection throws */
  isOwn(resource: Resource): Promise<boolean>
  /** Whether any resource has come to do so since it was asked about last; makes no query where no name has changed. */
  isAnyOwn(admin: AdminJS): Promise<boolean>
}

export function guardTables(own: OwnRelations): TableGuard {
  const harmless = new Map<HostModel, string>()
  const isOwnModel = async (model: HostModel) => {
    const written = nameOf(model)
    if (harmless.get(model) === written) return false
    if (await readsOwnTable(model, own)) return true
    harmless.set(model, written)
    return false
  }
  const isOwn = async (resource: Resource) => {
    for (const model of modelsOf(resource)) if (await isOwnModel(model)) return true
    return namesOwnTable(resource, own)
  }
  return {
    isOwn,
    async isAnyOwn(admin) {
      for (const resource of admin.resources.filter(isOfHost)) if (await isOwn(resource)) return true
      return false
    },
  }
}

/** On another dialect a name cannot lead to us. */
const nameOf = (model: HostModel) =>
  model.sequelize.getDialect() === 'postgres' ? `${ownSearchPath(model) ?? ''} ${writtenName(model)}` : ''

/** The model that an adapter's resource holds, under whatever name, with those that its lists bring along. */
function modelsOf(resource: Resource): HostModel[] {
  const own = Object.values(resource).flatMap((value: unknown) => modelFrom(value) ?? [])
  return own.flatMap((model) => [...relatedModels(model)])
}

/** Other adapters' servers cannot be asked, and a name that every application may have says nothing. */
function namesOwnTable(resource: Resource, { schemas, names }: OwnRelations): boolean {
  const table = textAt(resource, 'tableName')
  if (table === undefined || modelFrom(Reflect.get(resource, 'SequelizeModel'))) return false
  const schema = textAt(resource, 'schemaName') ?? textAt(resource, 'schema')
  const isTelling = names.has(table) && !EVERYBODYS.has(table)
  return schemas.has(schema ?? '') || isTelling
}

const EVERYBODYS: ReadonlySet<string> = new Set(['users', 'groups', 'user_groups', 'sessions', 'migrations', 'seeders'])

function textAt(resource: Resource, name: string): string | undefined {
  const value: unknown = Reflect.get(resource, name)
  return typeof value === 'string' ? value.toLowerCase() : undefined
}

/** Resources of adapters other than Sequelize's: what they reach is for the database's own rules to say. */
export function unseenResources({ resources }: AdminJS): Resource[] {
  return resources.filter((resource) => isOfHost(resource) && modelsOf(resource).length === 0)
}
