import { Duplex } from 'node:stream'
import type { Request, RequestHandler, Response } from 'express'

/** How long the site still reads what the client sends on a connection that it closes. */
const LINGER_MS = 5_000

/** Ends the reading of a body, as the parser's own error does. */
class BodyTooLarge extends Error {
  readonly status = 413
}

/** Ends the reading of a body that cannot be decompressed. */
class BodyBroken extends Error {
  readonly status = 400
}

/**
 * Lets a parser read a body of at most `limit` bytes, as sent and decompressed. The parser alone
 * would read a larger or broken one to its end before it reports it, which takes until the request
 * times out if the rest never comes.
 *
 * @param limit bytes, the same as that of the parser
 * @param parser one of body-parser's: it starts to read when it is called
 */
export function limitBody(limit: number, parser: RequestHandler): RequestHandler {
  return (req, res, next) => {
    let done = false
    const finish = (error?: unknown) => {
      if (done) return
      done = true
      req.off('data', count)
      Reflect.deleteProperty(req, 'pipe')
      next(error)
    }
    const reject = (error: Error = new BodyTooLarge('The request body is too large.')) => {
      if (!done) closeAfterAnswer(req, res)
      finish(error)
    }
    const counter = () => {
      let bytes = 0
      return (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > limit) reject()
      }
    }
    const count = counter()
    if (Number(req.headers['content-length'] ?? 0) > limit) return reject()
    onDecompression(req, (decompressed) => {
      decompressed.on('data', counter())
      decompressed.on('error', () => reject(new BodyBroken('The request body cannot be decompressed.')))
    })
    void parser(req, res, finish)
    // Counted only while the parser reads: a `data` listener would start the flow of an unread body.
    if (!done) req.on('data', count)
  }
}

/** Calls back when the parser connects the request to a stream that decompresses it. */
function onDecompression(req: Request, listen: (decompressed: Duplex) => void): void {
  const pipe = req.pipe.bind(req)
  req.pipe = (destination, options) => {
    if (destination instanceof Duplex) listen(destination)
    return pipe(destination, options)
  }
}

/**
 * Closes the connection after the response, but not while the client still sends: the reset
 * that follows could destroy the response before the client reads it (RFC 9112 §9.6).
 */
function closeAfterAnswer(req: Request, res: Response): void {
  const { socket } = req
  res.set('Connection', 'close')
  socket.destroySoon = () => {
    socket.end()
    const end = () => socket.destroy()
    const timer = setTimeout(end, LINGER_MS).unref()
    socket.once('close', () => clearTimeout(timer))
    if (req.readableEnded) end()
    else req.once('end', end).resume()
  }
}
