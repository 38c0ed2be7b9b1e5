import type { AdminJS } from '../adminjs.js'
import { ListedResource } from '../resources/listed-resource.js'

export type Resource = AdminJS['resources'][number]

/** Returns a resource's ID in AdminJS's paths: `options.id`, or else the table's name. */
export const idOf = (resource: Resource): string => resource.decorate().id()

/** Checks whether a resource belongs to the host. All of the site's are of one class. */
export const isOfHost = (resource: Resource): boolean => !(resource instanceof ListedResource)
