import type { AdminJS } from './adminjs.js'
import { AllowListedResource } from './resources/allow-listed-resource.js'

export type AdminResource = AdminJS['resources'][number]

/** Returns a resource's ID in AdminJS's paths: `options.id`, or else the table's name. */
export const resourceId = (resource: AdminResource): string => resource.decorate().id()

/** Checks whether a resource belongs to the host. All of the site's are of one class. */
export const isHostResource = (resource: AdminResource): boolean => !(resource instanceof AllowListedResource)
