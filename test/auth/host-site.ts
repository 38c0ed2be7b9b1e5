import type { Express } from 'express'
import type { Auth } from '../../src/auth/auth.js'
import { startHost } from '../embedding/host.js'
import type { HttpBrowser } from '../support/http-browser.js'
import type { TestSite } from '../support/site.js'

/** A host application with the site mounted before the routes that `declare` adds. */
export function openHostSite(
  declare: (app: Express, auth: Auth) => void,
  environment: Record<string, string> = {},
): Promise<TestSite> {
  return startHost({ config: environment }, (app, site) => {
    app.use(site.router)
    declare(app, site.auth)
  })
}

/** What an API client sends: the same requests with `Accept`, and no pages. */
export const asApiClient = (browser: HttpBrowser) => ({
  get: (path: string) => browser.visit(path, { headers: { Accept: 'application/json' } }),
  post: (path: string, form: Record<string, string> = {}) =>
    browser.visit(path, { method: 'POST', form, headers: { Accept: 'application/json' } }),
})
