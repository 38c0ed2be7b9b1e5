import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SiteError } from '../errors.js'
import { packageRoot } from '../package-root.js'
import { type Asset, hashAsset } from './hash-asset.js'

/**
 * Loads the pages' only script, which uses security keys. `scripts/build.mjs` builds it.
 *
 * @throws SiteError `script_not_built`
 */
export function loadWebauthnScript(file = path.join(packageRoot, 'dist/browser/webauthn.js')): Asset {
  if (existsSync(file)) return hashAsset('webauthn', 'js', readFileSync(file))
  throw new SiteError('script_not_built', 'The security key script has not been built.', 'Run `npm run build`.')
}
