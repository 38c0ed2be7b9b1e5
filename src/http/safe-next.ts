/**
 * Where to go after a step: a path on this site, or null. Checked by resolving it as a
 * browser would, because `//host`, `/\host` and `/%09/host` lead elsewhere there.
 *
 * @param next as it came in, from a form or an address
 * @example safeNext('/admin?page=2') // '/admin?page=2'
 */
export function safeNext(next: unknown): string | null {
  if (typeof next !== 'string' || next.length > 2000 || !/^\/(?![/\\])[\u0021-\u007e]*$/.test(next)) return null
  if (next.includes('\\')) return null
  const here = 'http://here.invalid'
  const url = URL.canParse(next, here) ? new URL(next, here) : null
  // What a browser would make of dot segments must stay a single-slash path too.
  return url?.origin === here && !url.pathname.startsWith('//') ? next : null
}

/** The sign-in page, with the way back. */
export function loginAddress(next: string | null): string {
  return addNext('/account/login', next)
}

/**
 * An address with the way back.
 *
 * @param address a program's own, with or without a query
 * @param next checked by `safeNext`
 */
export function addNext(address: string, next: string | null, name = 'next'): string {
  if (next === null) return address
  return `${address}${address.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=${encodeURIComponent(next)}`
}
