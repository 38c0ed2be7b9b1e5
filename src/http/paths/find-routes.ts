import { z } from 'zod'

/** A host application's routes that conflict with the site's. */
export interface FoundRoutes {
  /** Paths that are mounted before the site, so it cannot guard them. */
  open: readonly string[]
  /** Paths that are mounted after the site, which responds to them first. */
  unreachable: readonly string[]
}

/** A layer of Express 5's router, or of Express 4's (`regexp`). */
const layer = z.object({
  rawPath: z.unknown().optional(),
  regexp: z.custom<RegExp>((value) => value instanceof RegExp).optional(),
  route: z.object({ path: z.unknown() }).optional(),
  handle: z.custom<object>((value) => typeof value === 'function'),
})
const stack = z.array(layer)

type Layer = z.output<typeof layer>

/**
 * Finds the conflicting routes of an application, in the order in which Express calls them.
 *
 * @param app the Express application
 * @param self the handler of the site
 * @param isOwn whether a path is one of the site's
 */
export function findRoutes(app: object, self: object, isOwn: (path: string) => boolean): FoundRoutes {
  // Express 4 throws if `router` is read; Express 5 has no `_router`.
  const layers = stackOf(Reflect.get(app, '_router') ?? Reflect.get(app, 'router')) ?? []
  const position = layers.findIndex(({ handle }) => handle === self)
  if (position < 0) return { open: [], unreachable: [] }
  const own = (some: readonly Layer[]) => [
    ...new Set(some.flatMap((each) => pathsOf(each)).filter((path) => isOwn(path.toLowerCase()))),
  ]
  return { open: own(layers.slice(0, position)), unreachable: own(layers.slice(position + 1)) }
}

/** A router is a function with its layers in the property `stack`. */
function stackOf(value: unknown): Layer[] | undefined {
  const isRouter = typeof value === 'function' || (typeof value === 'object' && value !== null)
  return isRouter ? stack.safeParse(Reflect.get(value, 'stack')).data : undefined
}

/** Lists the paths that a layer responds to: single routes, files, and handlers that are mounted there. */
function pathsOf(one: Layer, prefix = ''): string[] {
  const paths = ownPaths(one).map((path) => `${prefix}${path}`.replaceAll(/\/{2,}/g, '/'))
  const inside = stackOf(one.handle)
  if (inside) return paths.flatMap((path) => inside.flatMap((each) => pathsOf(each, path)))
  const responds = one.route !== undefined || Reflect.get(one.handle, 'name') === 'serveStatic'
  // A handler at the root, or at `/admin` itself, is more likely a parser or a logger.
  return responds ? paths : paths.filter((path) => /^\/[^/]+\/./.test(path))
}

function ownPaths({ rawPath, regexp, route }: Layer): string[] {
  const paths = [route ? route.path : rawPath].flat().filter((path) => typeof path === 'string')
  if (paths.length > 0 || !regexp) return paths
  return [regexp.source.replace(/^\^/, '').replace('\\/?(?=\\/|$)', '').replaceAll('\\/', '/')]
}
