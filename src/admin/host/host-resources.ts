import type { AdminJS } from '../adminjs.js'
import { ListedResource } from '../resources/listed-resource.js'

export type Resource = AdminJS['resources'][number]

/** The id by which AdminJS's addresses name a resource: `options.id`, else the table's name. */
export const idOf = (resource: Resource): string => resource.decorate().id()

/** A resource that the host brought. Ours are all of one class. */
export const isOfHost = (resource: Resource): boolean => !(resource instanceof ListedResource)
