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
  /** Address of the script of every page, which keeps a form from being sent twice. */
  submitScript: string
  /** The content security policy of pages. */
  csp: string
  /** Address of the script that speaks with security keys. */
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
  sendWith(res, { script: null, csp: res.app.locals.page.csp }, view, values)
}

/** The same for a page that speaks with a security key, by a script of its own. */
export function sendKeyPage(res: Response, view: string, values: TemplateData = {}): void {
  sendWith(res, { script: res.app.locals.page.keyScript, csp: KEY_PAGES_CSP }, view, values)
}

interface Scripts {
  /** Address of a script beside the one of every page. */
  script: string | null
  csp: string
}

function sendWith(res: Response, { script, csp }: Scripts, view: string, values: TemplateData): void {
  const { t, language, user = null } = res.req
  const due = describeDue(res.req)
  const refused = describeRefusedTries(res.req)
  const shared = { ...res.app.locals.page, t, language, user, due, refused, script }
  res
    .set({ 'Cache-Control': 'no-store', 'Content-Language': language, 'Content-Security-Policy': csp })
    .vary('Accept-Language')
    .type('html')
    .send(renderHtml('layouts/page', { ...shared, view, values }))
}
