import type { Response } from 'express'
import { renderHtml, type TemplateData } from '../templates.js'
import { describeDue } from './describe-due.js'
import { describeRefusedTries } from './describe-refused-tries.js'
import { KEY_PAGES_CSP } from './security-headers.js'

/** What every page needs; set once on the app. */
export interface PageShared {
  siteName: string
  /** Address of the one stylesheet. */
  stylesheet: string
  /** Address of the one script, which speaks with security keys. */
  keyScript: string
  /** Whether passwords and addresses are ours, and there are pages for them. */
  ownsPeople: boolean
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's locals are typed
  namespace Express {
    interface Locals {
      page: PageShared
    }
  }
}

/**
 * Answers with `views/<view>.ejs` inside the layout, in the request's language. Pages are
 * about one person at one moment, so no cache keeps them.
 */
export function sendPage(res: Response, view: string, values: TemplateData = {}): void {
  const { t, language, user = null } = res.req
  const due = describeDue(res.req)
  const refused = describeRefusedTries(res.req)
  const shared = { ...res.app.locals.page, t, language, user, due, refused, script: res.locals['script'] ?? null }
  res
    .set({ 'Cache-Control': 'no-store', 'Content-Language': language })
    .vary('Accept-Language')
    .type('html')
    .send(renderHtml('layouts/page', { ...shared, view, values }))
}

/** The same for a page that speaks with a security key: these alone have a script. */
export function sendKeyPage(res: Response, view: string, values: TemplateData = {}): void {
  res.locals['script'] = res.app.locals.page.keyScript
  res.set('Content-Security-Policy', KEY_PAGES_CSP)
  sendPage(res, view, values)
}
