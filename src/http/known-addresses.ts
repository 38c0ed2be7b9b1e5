import type { IRouter } from 'express'

/** The methods of the routes at an address, in lower case; none where nobody has it. */
export type MethodsAt = (path: string) => ReadonlySet<string>

interface Address {
  path: string
  /** Of the path, between its slashes; one that begins with a colon stands for any but an empty one. */
  pieces: readonly string[]
  methods: readonly string[]
}

/**
 * Reads the addresses of routers that are complete, so that a request is one look-up.
 *
 * @example knownAddresses([router])('/account/two-factor/phones/3/delete') // Set { 'post' }
 */
export function knownAddresses(routers: readonly IRouter[]): MethodsAt {
  const addresses = routers.flatMap(readAddresses)
  const patterns = addresses.filter(({ path }) => path.includes('/:'))
  const exact = new Map(addresses.map(({ path }) => [path, methodsAt(addresses, path)]))
  return (path) => exact.get(path) ?? methodsAt(patterns, path)
}

/** Whether someone can be led to an address: one of ours has a page there, and of others we know nothing. */
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
  const given = path.split('/')
  return new Set(addresses.filter(({ pieces }) => matches(pieces, given)).flatMap(({ methods }) => methods))
}

function matches(pieces: readonly string[], given: readonly string[]): boolean {
  return (
    pieces.length === given.length &&
    pieces.every((piece, index) => piece === given[index] || (piece.startsWith(':') && given[index] !== ''))
  )
}
