import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SiteError } from '../../errors.js'
import { packageRoot } from '../../package-root.js'
import { type Asset, hashAsset } from './hash-asset.js'

/**
 * Loads the script that uses security keys.
 *
 * @throws SiteError `script_not_built`
 */
export function loadWebauthnScript(file?: string): Asset {
  return loadScript('webauthn', file)
}

/** Loads a script that `scripts/build.mjs` builds. @throws SiteError `script_not_built` */
export function loadScript(name: string, file = path.join(packageRoot, `dist/browser/${name}.js`)): Asset {
  if (existsSync(file)) return hashAsset(name, 'js', readFileSync(file))
  throw new SiteError('script_not_built', `The script ${name} has not been built.`, 'Run `npm run build`.')
}
