import type { RequestHandler } from 'express'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { root } from '../root.js'

export interface Stylesheet {
  /** With the content's hash in it, so that it may be kept for ever. */
  address: string
  serve: RequestHandler
}

/** The pages' one stylesheet: Pico, the colours that the panel shares, our own rules. */
export function readStylesheet(): Stylesheet {
  const pico = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.min.css')
  const files = [pico, path.join(root, 'views/theme.css'), path.join(root, 'views/site.css')]
  const css = Buffer.from(files.map((file) => readFileSync(file, 'utf8')).join('\n'))
  const address = `/assets/site.${createHash('sha256').update(css).digest('hex').slice(0, 12)}.css`
  const bodies = new Map<string, Buffer>()
  const encoded = (encoding: string) => {
    const body = bodies.get(encoding) ?? encode(css, encoding)
    bodies.set(encoding, body)
    return body
  }
  return { address, serve: serve(address, encoded) }
}

function encode(css: Buffer, encoding: string): Buffer {
  if (encoding === 'br') return brotliCompressSync(css, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
  return encoding === 'gzip' ? gzipSync(css) : css
}

function serve(address: string, encoded: (encoding: string) => Buffer): RequestHandler {
  return (req, res, next) => {
    if (req.path !== address || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    const encoding = req.acceptsEncodings('br', 'gzip', 'identity') || 'identity'
    if (encoding !== 'identity') res.set('Content-Encoding', encoding)
    res.set({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' })
    res.type('css').send(encoded(encoding))
  }
}
