import { createReadStream, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { SiteError } from '../../errors.js'
import { packageRoot } from '../../package-root.js'

const manifest = z.record(z.string(), z.string())

export interface PanelAssets {
  /** Returns the URL path of a file by its plain name, for example `panel.js`. */
  getUrl(name: string): string
  serve: RequestHandler
}

const PREFIX = '/admin-assets/'
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const SUFFIXES: Readonly<Record<string, string>> = { br: '.br', gzip: '.gz' }

/**
 * Reads the manifest that `scripts/build-panel.mjs` wrote. Its files have a content hash in
 * their names, so browsers cache them forever, and are already compressed. They contain no data
 * and need no sign-in.
 *
 * @throws {SiteError} `panel_not_built`
 */
export function loadPanelAssets(folder = path.join(packageRoot, 'dist/panel')): PanelAssets {
  const files = readManifest(folder)
  const known = new Set(Object.values(files))
  return {
    getUrl: (name) => PREFIX + (files[name] ?? name),
    serve(req, res, next) {
      const file = req.path.startsWith(PREFIX) ? req.path.slice(PREFIX.length) : ''
      if (!known.has(file) || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
      const encoding = req.acceptsEncodings('br', 'gzip', 'identity') || 'identity'
      if (encoding !== 'identity') res.set('Content-Encoding', encoding)
      res.set({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' })
      res.set({ 'Content-Type': TYPES[path.extname(file)] ?? '', 'X-Content-Type-Options': 'nosniff' })
      if (req.method === 'HEAD') return res.end()
      createReadStream(path.join(folder, file + (SUFFIXES[encoding] ?? '')))
        .on('error', next)
        .pipe(res)
    },
  }
}

function readManifest(folder: string): Record<string, string> {
  const file = path.join(folder, 'manifest.json')
  if (existsSync(file)) return manifest.parse(JSON.parse(readFileSync(file, 'utf8')))
  throw new SiteError('panel_not_built', 'The panel has not been built.', 'Run `npm run build`.')
}
