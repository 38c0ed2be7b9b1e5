import { readFileSync } from 'node:fs'
import type { RequestHandler } from 'express'
import { type Asset, hashAsset } from './hash-asset.js'
import { loadScript } from './webauthn-script.js'

/** The scripts of kinds whose tokens a browser creates. */
export interface KindScripts {
  /** Path of the site's own script, which loads those of the kinds. */
  loader: string
  /** Path of each kind's script, by kind. */
  paths: Readonly<Record<string, string>>
  serve: readonly RequestHandler[]
}

/** Loads the scripts. @param files of the kinds, by kind. @throws SiteError `script_not_built` */
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
