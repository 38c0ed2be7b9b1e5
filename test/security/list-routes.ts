import type { Express } from 'express'
import { z } from 'zod'

const layer = z.object({ route: z.unknown(), rawPath: z.unknown(), handle: z.unknown() })
const route = z.object({ path: z.string(), methods: z.record(z.string(), z.boolean()), stack: z.array(z.unknown()) })
const router = z.object({ stack: z.array(z.unknown()) })

/**
 * Every route that Express would match, as `METHOD /path`, found in its stacks.
 * Routers behind a route see the whole path, mounted ones see the rest of it.
 */
export function listRoutes(app: Express): string[] {
  return [...new Set(app.router.stack.flatMap((entry) => routesOf(entry, '')))].toSorted()
}

function routesOf(entry: unknown, prefix: string): string[] {
  const { route: own, rawPath, handle } = layer.parse(entry)
  const found = route.safeParse(own)
  if (found.success) {
    const { path, methods, stack } = found.data
    const names = Object.keys(methods).map((name) => (name === '_all' ? 'ALL' : name.toUpperCase()))
    return [...names.map((name) => `${name} ${prefix}${path}`), ...stack.flatMap((inner) => behind(inner, prefix))]
  }
  return behind({ handle }, rawPath === '/' ? prefix : prefix + z.string().parse(rawPath))
}

/** `Router` is a function with a stack, and zod needs only the stack. */
function behind(entry: unknown, prefix: string): string[] {
  const { handle } = z.object({ handle: z.unknown() }).parse(entry)
  const stack: unknown = typeof handle === 'function' ? Reflect.get(handle, 'stack') : undefined
  const nested = router.safeParse({ stack })
  return nested.success ? nested.data.stack.flatMap((inner) => routesOf(inner, prefix)) : []
}
