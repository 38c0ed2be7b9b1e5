import type { Express } from 'express'
import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http'
import { SiteError } from './errors.js'

/** Shorter than Node's default of one minute, against clients that never finish their headers. */
const HEADERS_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 30_000
/** Bytes: the limit of the panel's requests, which have the largest bodies. */
const LARGEST_BODY = 1024 * 1024

export interface ListeningServer {
  server: Server
  /** The actual port, which `PORT=0` leaves to the system. */
  port: number
  /** Passes requests to the site from now on. Earlier ones were answered with 503. */
  serve(site: Express): void
}

/** Opens the port. */
export async function listen(host: string, port: number): Promise<ListeningServer> {
  const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }
  const messages = ownMessages()
  const server = createServer({ ...messages, ...timeouts }, starting)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)))
    server.listen(port, host, resolve)
  })
  const serve = (site: Express) => {
    haveMethodsOf(site, messages)
    server.off('request', starting)
    server.on('request', site)
    server.on('checkContinue', answerExpectation(server))
  }
  return { server, port: portOf(server) ?? port, serve }
}

/** Returns the port; undefined if the server listens on another kind of socket. */
function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}

interface Messages {
  IncomingMessage: typeof IncomingMessage
  ServerResponse: typeof ServerResponse
}

/** Creates the request and response classes of one server. */
function ownMessages(): Messages {
  class OwnResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  return { IncomingMessage: class extends IncomingMessage {}, ServerResponse: OwnResponse }
}

/**
 * Puts Express's methods on the prototypes of the server's requests and responses. Otherwise
 * Express changes the prototype of each object, and V8 shares no hidden class between objects
 * with a changed prototype: property lookups are then slow, which is four fifths of the cost of
 * a small response.
 */
function haveMethodsOf(site: Express, messages: Messages): void {
  site.request = Object.setPrototypeOf(messages.IncomingMessage.prototype, site.request)
  site.response = Object.setPrototypeOf(messages.ServerResponse.prototype, site.response)
}

/**
 * Sends 100 Continue to a client that has announced a body (RFC 9110 §10.1.1), unless it is larger
 * than any path accepts. Such a client might still send it, so its connection is not reused.
 */
function answerExpectation(server: Server): RequestListener {
  return (req, res) => {
    if (Number(req.headers['content-length'] ?? 0) > LARGEST_BODY) res.shouldKeepAlive = false
    else res.writeContinue()
    server.emit('request', req, res)
  }
}

const starting: RequestListener = (_req, res) => {
  res.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain' }).end('starting\n')
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const named: Record<string, [string, string]> = {
    EADDRINUSE: ['port_taken', `Port ${port} on ${host} is already in use.`],
    EACCES: ['port_not_allowed', `This process does not have permission to use port ${port} on ${host}.`],
    EADDRNOTAVAIL: ['host_not_here', `${host} is not an address of this machine.`],
    ENOTFOUND: ['host_not_here', `The host ${host} cannot be found.`],
  }
  const [code, message] = named[error.code ?? ''] ?? ['cannot_listen', `Cannot listen on port ${port} of ${host}.`]
  return new SiteError(code, message, 'Change PORT or HOST.', { cause: error })
}
