import type { Express } from 'express'
import type { Auth } from '../../src/auth/auth.js'
import { startHost } from '../embedding/host.js'
import type { HttpBrowser } from '../support/http-browser.js'
import type { TestSite } from '../support/site.js'

/** An application of a host's, with the site mounted in front of the routes that `declare` adds. */
export function openHostSite(
  declare: (app: Express, auth: Auth) => void,
  environment: Record<string, string> = {},
): Promise<TestSite> {
  return startHost({ config: environment }, (app, site) => {
    app.use(site.router)
    declare(app, site.auth)
  })
}

/** What a program sends: the same requests, with `Accept` and without pages in mind. */
export const asApiClient = (browser: HttpBrowser) => ({
  get: (path: string) => browser.visit(path, { headers: { Accept: 'application/json' } }),
  post: (path: string, form: Record<string, string> = {}) =>
    browser.visit(path, { method: 'POST', form, headers: { Accept: 'application/json' } }),
})
