import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../root.js'
import { type Asset, hashAsset } from './hash-asset.js'

/** The script of every page, which keeps a form from being sent twice. It is served as it is written. */
export function readSubmitScript(): Asset {
  return hashAsset('submit-once', 'js', readFileSync(path.join(root, 'views/submit-once.js')))
}
