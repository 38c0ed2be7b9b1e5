import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { RequestHandler } from 'express'
import { SiteError } from '../../errors.js'
import { packageRoot } from '../../package-root.js'
import { type Asset, hashAsset } from './hash-asset.js'

/** Loads the pages' only stylesheet: Pico, the colours shared with the panel, and the site's own rules. */
export function loadStylesheet(): Asset {
  const pico = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.min.css')
  const files = [pico, path.join(packageRoot, 'views/theme.css'), path.join(packageRoot, 'views/site.css')]
  return hashAsset('site', 'css', Buffer.from(files.map((file) => readFileSync(file, 'utf8')).join('\n')))
}

/**
 * Loads a script that `scripts/build.mjs` builds.
 *
 * @throws SiteError `script_not_built`
 */
export function loadScript(name: 'webauthn' | 'kind-script'): Asset {
  const file = path.join(packageRoot, `dist/browser/${name}.js`)
  if (existsSync(file)) return hashAsset(name, 'js', readFileSync(file))
  throw new SiteError('script_not_built', `The script ${name} has not been built.`, 'Run `npm run build`.')
}

/** The scripts of kinds whose tokens a browser creates. */
export interface KindScripts {
  /** Path of the site's own script, which loads those of the kinds. */
  loader: string
  /** Path of each kind's script, by kind. */
  paths: Readonly<Record<string, string>>
  serve: readonly RequestHandler[]
}

/**
 * Loads the scripts of kinds.
 *
 * @param files by kind
 * @throws SiteError `script_not_built`
 */
export function loadKindScripts(files: Readonly<Record<string, string>>): KindScripts {
  const loader = loadScript('kind-script')
  const assets = Object.entries(files).map(([kind, file]): [string, Asset] => [
    kind,
    hashAsset(`kind-${kind}`, 'js', readFileSync(file)),
  ])
  return {
    loader: loader.path,
    paths: Object.fromEntries(assets.map(([kind, asset]) => [kind, asset.path])),
    serve: [loader, ...assets.map(([, asset]) => asset)].map(({ serve }) => serve),
  }
}
