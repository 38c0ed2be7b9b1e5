import { Readable } from 'node:stream'
import type { Request } from 'express'

/** How a request announced its body. Undefined: the header was not there. */
export interface Announced {
  type?: string | undefined
  length?: string | undefined
}

/** Reads how a request announces its body; a body that came in chunks has the length that it turned out to have. */
export function announcedBy({ headers }: Request, bytes: Buffer | null): Announced {
  const isChunked = headers['transfer-encoding'] !== undefined && bytes !== null
  return { type: headers['content-type'], length: isChunked ? String(bytes.length) : headers['content-length'] }
}

/** Announces another body than the one that the request came with. */
export function announce({ headers }: Request, { type, length }: Announced): void {
  for (const name of ['content-type', 'content-length', 'content-encoding', 'transfer-encoding']) delete headers[name]
  if (type !== undefined) headers['content-type'] = type
  if (length !== undefined) headers['content-length'] = length
}

/**
 * Puts other bytes in place of a body that was read to its end, so that a parser reads and
 * judges them like those of a new request. Node has no way to begin a stream again, other than
 * to construct its state once more on the same object.
 */
export function replayBody(req: Request, bytes: Buffer): void {
  Reflect.apply(Readable, req, [{ read: () => {}, autoDestroy: false }])
  req.push(bytes)
  req.push(null)
}
