import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { packageRoot } from '../../package-root.js'
import { type Asset, hashAsset } from './hash-asset.js'

/** Loads the pages' only stylesheet: Pico, the colours shared with the panel, and the site's own rules. */
export function loadStylesheet(): Asset {
  const pico = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.min.css')
  const files = [pico, path.join(packageRoot, 'views/theme.css'), path.join(packageRoot, 'views/site.css')]
  return hashAsset('site', 'css', Buffer.from(files.map((file) => readFileSync(file, 'utf8')).join('\n')))
}
