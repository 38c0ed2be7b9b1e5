/**
 * Whether a path is one of a route's, piece by piece.
 *
 * @param route with parameters, for example `/account/two-factor/phones/:id/delete`
 */
export function matchesPath(route: string, path: string): boolean {
  const wanted = route.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((piece, index) => piece === given[index] || (piece.startsWith(':') && given[index] !== ''))
  )
}
