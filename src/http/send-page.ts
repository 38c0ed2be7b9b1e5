import type { Response } from 'express'
import { renderHtml, type TemplateData } from '../templates.js'
import { enrolmentBanner } from './enrolment-banner.js'
import { failedAttemptsBanner } from './failed-attempts-banner.js'
import { WEBAUTHN_PAGES_CSP } from './security-headers.js'

/** Values that every page needs; set once on the app. */
export interface PageGlobals {
  siteName: string
  /** Path of the stylesheet. */
  stylesheet: string
  /** Path of the script that uses security keys. */
  keyScript: string
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
  const shared = { ...res.app.locals.page, t, language, user, due, refused, script: res.locals['script'] ?? null }
  res
    .set({ 'Cache-Control': 'no-store', 'Content-Language': language })
    .vary('Accept-Language')
    .type('html')
    .send(renderHtml('layouts/page', { ...shared, view, values }))
}

/** Responds with a page that uses a security key. Only these pages have a script. */
export function sendWebauthnPage(res: Response, view: string, values: TemplateData = {}): void {
  res.locals['script'] = res.app.locals.page.keyScript
  res.set('Content-Security-Policy', WEBAUTHN_PAGES_CSP)
  sendPage(res, view, values)
}
