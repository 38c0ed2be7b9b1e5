import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { RequestHandler } from 'express'
import { describeDue } from '../../http/describe-due.js'
import { describeRefusedTries } from '../../http/describe-refused-tries.js'
import type { Language } from '../../i18n.js'
import type { AdminJS } from '../adminjs.js'
import { nameOfAccess, type PanelUser, panelUserOf } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { pageState } from './page-state.js'
import type { PanelAssets } from './serve-assets.js'

/** Compresses in a thread of its own: 60 kB take about a millisecond. */
const compress = promisify(gzip)

/**
 * The one HTML page of the panel. No script stands in it: AdminJS's state is JSON that
 * the bundle reads. The nonce is for the `<style>` elements which that bundle makes.
 */
export function createPage(services: PanelServices, admin: AdminJS, assets: PanelAssets): RequestHandler {
  const headFor = onceForEach(async (like, language) =>
    headOf(services.siteName, assets, await pageState(admin, like, language), language),
  )
  return async (req, res) => {
    const user = panelUserOf({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const nonce = randomBytes(16).toString('base64')
    const head = await headFor(user, req.language)
    const session = { ...user.toJSON(), due: describeDue(req), refused: describeRefusedTries(req) }
    const page = head + restOf([assets.address('panel.js')], nonce, session, req.t('panel:no_script'))
    res.set({
      'Content-Language': req.language,
      'Content-Security-Policy': policy(nonce),
      'Content-Type': 'text/html; charset=utf-8',
      Vary: 'Accept-Encoding, Accept-Language',
    })
    if (req.acceptsEncodings('gzip') !== 'gzip') return void res.end(page)
    res.set('Content-Encoding', 'gzip').end(await compress(page))
  }
}

/** A page is some 60 kB. Houses have a few groups, so a few of these. */
const MAX_PREPARED = 100

/**
 * Prepares everything up to what differs from request to request when someone with these
 * permissions first opens the panel, and keeps it for others with the same. The one that was
 * not used for longest goes first.
 */
function onceForEach(prepare: (like: PanelUser, language: Language) => Promise<string>) {
  const pages = new Map<string, Promise<string>>()
  return (user: PanelUser, language: Language): Promise<string> => {
    const name = `${language} ${nameOfAccess(user)}`
    const page = pages.get(name) ?? prepare(user, language)
    pages.delete(name)
    pages.set(name, page)
    const [oldest] = pages.keys()
    if (pages.size > MAX_PREPARED && oldest !== undefined) pages.delete(oldest)
    page.catch(() => pages.delete(name))
    return page
  }
}

/** @param ofHost what the components of an application show may be sound, pictures made in the page, and pages of this origin */
export function policy(nonce: string, ofHost = false): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src 'self' data:${ofHost ? ' blob:' : ''}`,
    ...(ofHost ? ["media-src 'self' blob:", "frame-src 'self'"] : []),
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export function headOf(
  title: string,
  assets: PanelAssets,
  state: object,
  language: Language,
  styles: readonly string[] = [],
): string {
  const sheets = [assets.address('panel.css'), ...styles]
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${assets.address('icon.svg')}">${sheets.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`).join('')}
<script type="application/json" id="panel-state">${jsonInHtml(state)}</script>
`
}

export function restOf(scripts: readonly string[], nonce: string, user: object, noScript: string): string {
  return `<script type="application/json" id="panel-user">${jsonInHtml(user)}</script>
${scripts.map((src) => `<script defer src="${escapeHtml(src)}" nonce="${nonce}"></script>`).join('\n')}</head>
<body><div id="app"><noscript>${escapeHtml(noScript)}</noscript></div></body></html>
`
}

const escapeHtml = (text: string) => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** JSON that cannot end its element, nor start another or a comment. */
function jsonInHtml(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
