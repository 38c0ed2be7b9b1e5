import { Router } from 'express'
import type { Auth } from '../../src/auth/auth.js'
import type { Browser } from '../support/browse.js'
import { type TestSite } from '../support/site.js'
import { openSite } from '../security/open-site.js'

/** The site with routes of a host's own behind its pages, in an Express router. */
export async function openHostSite(
  declare: (host: Router, auth: Auth) => void,
  environment: Record<string, string> = {},
): Promise<TestSite> {
  const site = await openSite(environment)
  const host = Router()
  declare(host, site.auth)
  site.app.use(host)
  // Before what answers whatever nobody has answered, and faults.
  const { stack } = site.app.router
  stack.splice(-4, 0, ...stack.splice(-1))
  return site
}

/** What a program sends: the same requests, with `Accept` and without pages in mind. */
export const asProgram = (browser: Browser) => ({
  get: (path: string) => browser.visit(path, { headers: { Accept: 'application/json' } }),
  post: (path: string, form: Record<string, string> = {}) =>
    browser.visit(path, { method: 'POST', form, headers: { Accept: 'application/json' } }),
})
