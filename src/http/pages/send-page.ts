import type { Response } from 'express'
import { renderHtml, type TemplateData } from '../../templates.js'
import { enrolmentBanner } from './enrolment-banner.js'
import { failedAttemptsBanner } from './failed-attempts-banner.js'
import { SCRIPT_PAGES_CSP } from './security-headers.js'

/** Values that every page needs; set once on the app. */
export interface PageGlobals {
  siteName: string
  /** Path of the stylesheet. */
  stylesheet: string
  /** Path of the script that uses security keys. */
  keyScript: string
  /** Path of the script that loads those of custom kinds. */
  kindLoader: string
  /** Path of each custom kind's script, by kind. */
  kindScripts: Readonly<Record<string, string>>
  /** Whether the site stores passwords and email addresses, and has pages for them. */
  ownsPeople: boolean
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's locals are typed
  namespace Express {
    interface Locals {
      page: PageGlobals
    }
  }
}

/**
 * Responds with `views/<view>.ejs` inside the layout, in the request's language. Pages show
 * one person's current data, so they are never cached.
 */
export function sendPage(res: Response, view: string, values: TemplateData = {}): void {
  const { t, language, user = null } = res.req
  const due = enrolmentBanner(res.req)
  const refused = failedAttemptsBanner(res.req)
  const shared = { ...res.app.locals.page, t, language, user, due, refused, scripts: res.locals['scripts'] ?? [] }
  res
    .set({ 'Cache-Control': 'no-store', 'Content-Language': language })
    .vary('Accept-Language')
    .type('html')
    .send(renderHtml('layouts/page', { ...shared, view, values }))
}

/** Responds with a page that uses a security key. */
export function sendWebauthnPage(res: Response, view: string, values: TemplateData = {}): void {
  sendScriptPage(res, view, values, { keys: true, kinds: false })
}

/** Responds with a page with the scripts for security keys or custom kinds, if it needs one. No other page has a script. */
export function sendScriptPage(
  res: Response,
  view: string,
  values: TemplateData,
  needs: { keys: boolean; kinds: boolean },
): void {
  const { keyScript, kindLoader } = res.app.locals.page
  const scripts = [...(needs.keys ? [keyScript] : []), ...(needs.kinds ? [kindLoader] : [])]
  res.locals['scripts'] = scripts
  if (scripts.length > 0) res.set('Content-Security-Policy', SCRIPT_PAGES_CSP)
  sendPage(res, view, values)
}
