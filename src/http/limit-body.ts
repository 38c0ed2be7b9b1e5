import type { Request, RequestHandler, Response } from 'express'

/** How long the site still reads what the client sends on a connection that it closes. */
const LINGER_MS = 5_000

/** Ends the reading of a body, as the parser's own error does. */
class BodyTooLarge extends Error {
  readonly status = 413
}

/**
 * Lets a parser read a body of at most `limit` bytes. The parser alone would read a larger one
 * to its end before it reports it, which takes until the request times out if the rest never comes.
 *
 * @param limit bytes as sent, before any decompression
 * @param parser one of body-parser's: it starts to read when it is called
 */
export function limitBody(limit: number, parser: RequestHandler): RequestHandler {
  return (req, res, next) => {
    let done = false
    const finish = (error?: unknown) => {
      if (done) return
      done = true
      req.off('data', count)
      next(error)
    }
    const reject = () => {
      closeAfterAnswer(req, res)
      finish(new BodyTooLarge('The request body is too large.'))
    }
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limit) reject()
    }
    if (Number(req.headers['content-length'] ?? 0) > limit) return reject()
    void parser(req, res, finish)
    // Counted only while the parser reads: a `data` listener would start the flow of an unread body.
    if (!done) req.on('data', count)
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
