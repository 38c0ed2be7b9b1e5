/**
 * Checks the path to continue at after a step. It is resolved as a browser would do it,
 * because `//host`, `/\host` and `/%09/host` are other sites for a browser.
 *
 * @param next as received, from a form or a query
 * @returns a path on this site, or null
 * @example safeNext('/admin?page=2') // '/admin?page=2'
 */
export function safeNext(next: unknown): string | null {
  if (typeof next !== 'string' || next.length > 2000 || !/^\/(?![/\\])[\u0021-\u007e]*$/.test(next)) return null
  if (next.includes('\\')) return null
  const here = 'http://here.invalid'
  const url = URL.canParse(next, here) ? new URL(next, here) : null
  // The path without its dot segments must not start with two slashes either.
  return url?.origin === here && !url.pathname.startsWith('//') ? next : null
}

/** Returns the path of the sign-in page. */
export function loginPath(next: string | null): string {
  return addNext('/account/login', next)
}

/**
 * Appends the path to continue at to a URL or path.
 *
 * @param address chosen by the site or its host, with or without a query
 * @param next checked by `safeNext`
 * @param name of the query parameter
 */
export function addNext(address: string, next: string | null, name = 'next'): string {
  if (next === null) return address
  return `${address}${address.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=${encodeURIComponent(next)}`
}
