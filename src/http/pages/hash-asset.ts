import type { RequestHandler } from 'express'
import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/** A file that the pages load. */
export interface Asset {
  /** The path. It contains a hash of the content, so that browsers can cache it forever. */
  path: string
  serve: RequestHandler
}

/**
 * Compresses an asset on its first request, and serves it at a path with a hash of its content.
 *
 * @example hashAsset('site', 'css', content).path // '/assets/site.3f1c….css'
 */
export function hashAsset(name: string, type: 'css' | 'js', content: Buffer): Asset {
  const address = `/assets/${name}.${createHash('sha256').update(content).digest('hex').slice(0, 12)}.${type}`
  const bodies = new Map<string, Buffer>()
  const encoded = (encoding: string) => {
    const body = bodies.get(encoding) ?? encode(content, encoding)
    bodies.set(encoding, body)
    return body
  }
  return { path: address, serve: serve(address, type, encoded) }
}

function encode(content: Buffer, encoding: string): Buffer {
  if (encoding === 'br') return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
  return encoding === 'gzip' ? gzipSync(content) : content
}

function serve(address: string, type: string, encoded: (encoding: string) => Buffer): RequestHandler {
  return (req, res, next) => {
    if (req.path !== address || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    const encoding = req.acceptsEncodings('br', 'gzip', 'identity') || 'identity'
    if (encoding !== 'identity') res.set('Content-Encoding', encoding)
    res.set({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' })
    res.type(type).send(encoded(encoding))
  }
}
