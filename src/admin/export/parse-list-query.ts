import type { ListQuery } from '../resources/allow-listed-resource.js'
import type { FilterInput } from '../resources/build-where.js'

type Query = Readonly<Record<string, unknown>>

/**
 * Reads the filters of a list's query string, as AdminJS writes them: `filters.name=x`, and
 * `filters.created_at~~from=…` with `~~to` for a range.
 */
export function parseFilters(query: Query): FilterInput[] {
  const filters = new Map<string, unknown>()
  for (const [name, value] of Object.entries(query)) {
    const [, path, end] = /^filters\.([^~]+)(?:~~(.+))?$/.exec(name) ?? []
    if (path === undefined) continue
    const before = filters.get(path)
    filters.set(path, end === undefined ? value : { ...(typeof before === 'object' ? before : {}), [end]: value })
  }
  return [...filters].map(([path, value]) => ({ path, value }))
}

/** Reads `sortBy` and `direction` of a list's query string. */
export function parseSort({ sortBy, direction }: Query): ListQuery['sort'] {
  return {
    ...(typeof sortBy === 'string' && { sortBy }),
    ...(direction === 'desc' && { direction: 'desc' as const }),
  }
}
