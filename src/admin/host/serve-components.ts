import { gzipSync } from 'node:zlib'
import type { RequestHandler } from 'express'
import type { ComponentBundle } from './bundle-components.js'

/** Serves the host's components behind the guard, because they can contain anything. */
export function serveComponents({ script }: ComponentBundle): RequestHandler {
  const compressed = gzipSync(script, { level: 9 })
  return (req, res) => {
    const isCompressed = req.acceptsEncodings('gzip') === 'gzip'
    res.set({
      'Cache-Control': 'private, max-age=31536000, immutable',
      'Content-Type': 'text/javascript; charset=utf-8',
      Vary: 'Accept-Encoding',
      ...(isCompressed && { 'Content-Encoding': 'gzip' }),
    })
    res.end(isCompressed ? compressed : script)
  }
}
