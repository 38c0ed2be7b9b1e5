import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root } from '../root.js'
import { type Asset, hashAsset } from './hash-asset.js'

/** Loads the pages' only stylesheet: Pico, the colours shared with the panel, and the site's own rules. */
export function readStylesheet(): Asset {
  const pico = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.min.css')
  const files = [pico, path.join(root, 'views/theme.css'), path.join(root, 'views/site.css')]
  return hashAsset('site', 'css', Buffer.from(files.map((file) => readFileSync(file, 'utf8')).join('\n')))
}
