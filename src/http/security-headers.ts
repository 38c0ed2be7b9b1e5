import type { RequestHandler } from 'express'

/** Pages have no script at all, but for those of `sendKeyPage`; the panel sets its own policy for its page. */
const PAGES_CSP =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The same for pages that speak with a security key: their one script, and what it asks of this site. */
export const KEY_PAGES_CSP = `${PAGES_CSP}; script-src 'self'; connect-src 'self'`

const HSTS = 'Strict-Transport-Security'

/** ASVS 3.4.1 to 3.4.6 on every answer, refusals included. */
export function securityHeaders({ https, beside }: { https: boolean; beside: boolean }): RequestHandler {
  // Beside an application its subdomains are its own affair: one without TLS would be out of reach for a year.
  const hsts = `max-age=31536000${beside ? '' : '; includeSubDomains'}`
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
    // Browsers keep the last policy for transport: a host's own can be wider than ours.
    const own = beside ? res.get(HSTS) : undefined
    res.set(headers)
    if (own !== undefined) res.set(HSTS, own)
    next()
  }
}
