import { z } from 'zod'

/** Where an application's routes are that do not get along with the site's. */
export interface FoundRoutes {
  /** In front of the site, which cannot guard them. */
  open: readonly string[]
  /** Behind the site, which answers their paths itself. */
  unreachable: readonly string[]
}

/** A part of Express 5's router, or of Express 4's (`regexp`). */
const layer = z.object({
  rawPath: z.unknown().optional(),
  regexp: z.custom<RegExp>((given) => given instanceof RegExp).optional(),
  route: z.object({ path: z.unknown() }).optional(),
  handle: z.custom<object>((given) => typeof given === 'function'),
})
const stack = z.array(layer)

type Layer = z.output<typeof layer>

/**
 * Looks through an application's routes, in the order in which it asks them.
 *
 * @param app the Express application
 * @param self the handler of the site
 * @param isOwn whether a path is one of the site's
 */
export function findRoutes(app: object, self: object, isOwn: (path: string) => boolean): FoundRoutes {
  // Express 4 throws if `router` is read; Express 5 has no `_router`.
  const layers = stackOf(Reflect.get(app, '_router') ?? Reflect.get(app, 'router')) ?? []
  const place = layers.findIndex(({ handle }) => handle === self)
  if (place < 0) return { open: [], unreachable: [] }
  const own = (some: readonly Layer[]) => [
    ...new Set(some.flatMap((each) => pathsOf(each)).filter((path) => isOwn(path.toLowerCase()))),
  ]
  return { open: own(layers.slice(0, place)), unreachable: own(layers.slice(place + 1)) }
}

/** A router is a function with its layers on it. */
function stackOf(given: unknown): Layer[] | undefined {
  const isRouter = typeof given === 'function' || (typeof given === 'object' && given !== null)
  return isRouter ? stack.safeParse(Reflect.get(given, 'stack')).data : undefined
}

/** What answers below a path: single routes, files, and handlers that are mounted there. */
function pathsOf(given: Layer, prefix = ''): string[] {
  const paths = ownPaths(given).map((path) => `${prefix}${path}`.replaceAll(/\/{2,}/g, '/'))
  const inside = stackOf(given.handle)
  if (inside) return paths.flatMap((path) => inside.flatMap((each) => pathsOf(each, path)))
  const answers = given.route !== undefined || Reflect.get(given.handle, 'name') === 'serveStatic'
  // What is mounted at the root, or at `/admin` itself, is more likely a parser or a log.
  return answers ? paths : paths.filter((path) => /^\/[^/]+\/./.test(path))
}

function ownPaths({ rawPath, regexp, route }: Layer): string[] {
  const paths = [route ? route.path : rawPath].flat().filter((path) => typeof path === 'string')
  if (paths.length > 0 || !regexp) return paths
  return [regexp.source.replace(/^\^/, '').replace('\\/?(?=\\/|$)', '').replaceAll('\\/', '/')]
}
