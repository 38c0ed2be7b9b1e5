import type { IRouter } from 'express'

/** Returns the methods of the routes at a path, in lower case. Empty if no route has the path. */
export type AllowedMethods = (path: string) => ReadonlySet<string>

interface Address {
  path: string
  /** The path's segments. One that starts with a colon matches any segment that is not empty. */
  pieces: readonly string[]
  methods: readonly string[]
}

/**
 * Builds the table of all routes once, so that each request needs only one lookup.
 *
 * @param routers must be complete: routes added later are not found
 * @example readRouteTable([router])('/account/two-factor/phones/3/delete') // Set { 'post' }
 */
export function readRouteTable(routers: readonly IRouter[]): AllowedMethods {
  const addresses = routers.flatMap(readAddresses)
  const patterns = addresses.filter(({ path }) => path.includes('/:'))
  const exact = new Map(addresses.map(({ path }) => [path, methodsAt(addresses, path)]))
  return (path) => exact.get(path) ?? methodsAt(patterns, path)
}

/** Whether a user can be redirected to a path: it is a page of this site, or a path of the host application. */
export function hasPage(methods: ReadonlySet<string>): boolean {
  return methods.size === 0 || methods.has('get')
}

function readAddresses({ stack }: IRouter): Address[] {
  return stack.flatMap(({ route }) => {
    if (!route) return []
    const { path } = route
    return { path, pieces: path.split('/'), methods: route.stack.map(({ method }) => method) }
  })
}

function methodsAt(addresses: readonly Address[], path: string): Set<string> {
  const segments = path.split('/')
  return new Set(addresses.filter(({ pieces }) => matches(pieces, segments)).flatMap(({ methods }) => methods))
}

function matches(pieces: readonly string[], segments: readonly string[]): boolean {
  return (
    pieces.length === segments.length &&
    pieces.every((piece, index) => piece === segments[index] || (piece.startsWith(':') && segments[index] !== ''))
  )
}
