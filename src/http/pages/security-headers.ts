import type { RequestHandler } from 'express'

/** Pages have no scripts, except those of `sendScriptPage`. The panel sets its own policy for its page. */
const PAGES_CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The policy of pages with a script: it adds scripts of this site, and their requests to it. */
export const SCRIPT_PAGES_CSP = `${PAGES_CSP}; script-src 'self'; connect-src 'self'`

const HSTS = 'Strict-Transport-Security'

/**
 * Sets the headers of ASVS 3.4.1 to 3.4.6 on every response, including rejections.
 *
 * @param options.https whether `BASE_URL` is https
 * @param options.hosted whether the site runs in a host application
 */
export function securityHeaders({ https, hosted }: { https: boolean; hosted: boolean }): RequestHandler {
  // The host application decides about its subdomains: one without TLS could not be reached for a year.
  const hsts = `max-age=31536000${hosted ? '' : '; includeSubDomains'}`
  const headers = {
    'Content-Security-Policy': PAGES_CSP,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    ...(https && { [HSTS]: hsts }),
  }
  return (_req, res, next) => {
    // Browsers use the last HSTS policy. The host's own may cover more than the site's.
    const hostPolicy = hosted ? res.get(HSTS) : undefined
    res.set(headers)
    if (hostPolicy !== undefined) res.set(HSTS, hostPolicy)
    next()
  }
}
