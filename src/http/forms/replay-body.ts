import { Readable } from 'node:stream'
import type { Request } from 'express'

/** The headers that announce a body. Undefined if the header is missing. */
export interface Announced {
  type?: string | undefined
  length?: string | undefined
}

/** Reads the headers that announce a request's body. For a chunked body, the length is that of the bytes read. */
export function announcedBy({ headers }: Request, bytes: Buffer | null): Announced {
  const isChunked = headers['transfer-encoding'] !== undefined && bytes !== null
  return { type: headers['content-type'], length: isChunked ? String(bytes.length) : headers['content-length'] }
}

/** Replaces the headers that announce a request's body. */
export function announce({ headers }: Request, { type, length }: Announced): void {
  for (const name of ['content-type', 'content-length', 'content-encoding', 'transfer-encoding']) delete headers[name]
  if (type !== undefined) headers['content-type'] = type
  if (length !== undefined) headers['content-length'] = length
}

/**
 * Replaces a body that was read to its end, so that a parser reads the bytes like those of a new
 * request. Node cannot restart a stream, except by constructing its state again on the same object.
 */
export function replayBody(req: Request, bytes: Buffer): void {
  Reflect.apply(Readable, req, [{ read: () => {}, autoDestroy: false }])
  req.push(bytes)
  req.push(null)
}
