import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { RequestHandler } from 'express'
import { enrolmentBanner } from '../../http/pages/enrolment-banner.js'
import { failedAttemptsBanner } from '../../http/pages/failed-attempts-banner.js'
import type { AdminJS } from '../adminjs.js'
import { renderHead, contentSecurityPolicy, renderRest } from '../page/render-page.js'
import type { PanelAssets } from '../page/serve-assets.js'
import { getPanelUser } from '../panel-user.js'
import { hostState } from './host-state.js'

/**
 * Creates the handler of the panel's page with a host's resources. It loads all of AdminJS's
 * browser code, which the host's components can use, and then those components.
 *
 * @param components the URL path of the host's components; null if there are none
 */
export function createHostPage(admin: AdminJS, assets: PanelAssets, components: string | null): RequestHandler {
  return async (req, res) => {
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const nonce = randomBytes(16).toString('base64')
    const { state, assets: own, title } = await hostState(admin, user, req.language)
    const scripts = [assets.getUrl('host-panel.js'), ...own.scripts, ...(components === null ? [] : [components])]
    const head = renderHead(title, assets, state, req.language, own.styles)
    const page =
      head +
      renderRest(
        scripts,
        nonce,
        { ...user.toJSON(), due: enrolmentBanner(req), refused: failedAttemptsBanner(req) },
        req.t('panel:no_script'),
      )
    res.set({
      'Content-Language': req.language,
      'Content-Security-Policy': contentSecurityPolicy(nonce, true),
      'Content-Type': 'text/html; charset=utf-8',
      Vary: 'Accept-Encoding, Accept-Language',
    })
    if (req.acceptsEncodings('gzip') !== 'gzip') return void res.end(page)
    res.set('Content-Encoding', 'gzip').end(await promisify(gzip)(page))
  }
}
