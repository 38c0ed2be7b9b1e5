import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { RequestHandler } from 'express'
import { enrolmentBanner } from '../../http/pages/enrolment-banner.js'
import { failedAttemptsBanner } from '../../http/pages/failed-attempts-banner.js'
import type { Language } from '../../i18n/translator.js'
import type { AdminJS } from '../adminjs.js'
import type { PanelServices } from '../panel-services.js'
import { accessKey, type PanelUser, getPanelUser } from '../panel-user.js'
import { buildPageState } from './page-state.js'
import type { PanelAssets } from './serve-assets.js'

/** Compresses outside the main thread: 60 kB take about a millisecond. */
const compress = promisify(gzip)

/**
 * Creates the handler of the panel's single HTML page. The page has no inline script: AdminJS's
 * state is JSON that the bundle reads. The nonce is for the `<style>` elements that the bundle
 * creates.
 */
export function createPage(services: PanelServices, admin: AdminJS, assets: PanelAssets): RequestHandler {
  const headFor = onceForEach(async (like, language) =>
    renderHead(services.config.siteName, assets, await buildPageState(admin, like, language), language),
  )
  return async (req, res) => {
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const nonce = randomBytes(16).toString('base64')
    const head = await headFor(user, req.language)
    const session = { ...user.toJSON(), due: enrolmentBanner(req), refused: failedAttemptsBanner(req) }
    const page = head + renderRest([assets.getUrl('panel.js')], nonce, session, req.t('panel:no_script'))
    res.set({
      'Content-Language': req.language,
      'Content-Security-Policy': contentSecurityPolicy(nonce),
      'Content-Type': 'text/html; charset=utf-8',
      Vary: 'Accept-Encoding, Accept-Language',
    })
    if (req.acceptsEncodings('gzip') !== 'gzip') return void res.end(page)
    res.set('Content-Encoding', 'gzip').end(await compress(page))
  }
}

/** A page has about 60 kB. Most sites have a few groups, and each needs one page a language. */
const MAX_PREPARED = 100

/**
 * Caches the common part of the page for each language and set of permissions, when it is
 * first requested. The least recently used one is dropped first.
 */
function onceForEach(prepare: (like: PanelUser, language: Language) => Promise<string>) {
  const pages = new Map<string, Promise<string>>()
  return (user: PanelUser, language: Language): Promise<string> => {
    const name = `${language} ${accessKey(user)}`
    const page = pages.get(name) ?? prepare(user, language)
    pages.delete(name)
    pages.set(name, page)
    const [oldest] = pages.keys()
    if (pages.size > MAX_PREPARED && oldest !== undefined) pages.delete(oldest)
    page.catch(() => pages.delete(name))
    return page
  }
}

/**
 * Builds the page's Content-Security-Policy.
 *
 * @param ofHost whether to allow what a host's components can need: media, blob URLs and frames of this origin
 */
export function contentSecurityPolicy(nonce: string, ofHost = false): string {
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

/**
 * Renders the page up to the part that is different for each request.
 *
 * @param styles URLs of further style sheets
 */
export function renderHead(
  title: string,
  assets: PanelAssets,
  state: object,
  language: Language,
  styles: readonly string[] = [],
): string {
  const sheets = [assets.getUrl('panel.css'), ...styles]
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${assets.getUrl('icon.svg')}">${sheets.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`).join('')}
<script type="application/json" id="panel-state">${jsonInHtml(state)}</script>
`
}

/**
 * Renders the rest of the page.
 *
 * @param scripts URLs, in the order in which they run
 * @param user the data of the signed-in user that the browser needs
 * @param noScript the text for browsers without JavaScript
 */
export function renderRest(scripts: readonly string[], nonce: string, user: object, noScript: string): string {
  return `<script type="application/json" id="panel-user">${jsonInHtml(user)}</script>
${scripts.map((src) => `<script defer src="${escapeHtml(src)}" nonce="${nonce}"></script>`).join('\n')}</head>
<body><div id="app"><noscript>${escapeHtml(noScript)}</noscript></div></body></html>
`
}

const escapeHtml = (text: string) => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Formats JSON that cannot close its element, nor open another one or a comment. */
function jsonInHtml(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
