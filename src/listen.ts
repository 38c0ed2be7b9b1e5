import { createServer, type RequestListener, type Server } from 'node:http'
import { SiteError } from './errors.js'

/** A header that does not end is cut off sooner than Node's own minute. */
const HEADERS_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Opens the port. Requests that come before the site stands get a 503.
 *
 * @returns the server with its real port, for `PORT=0` picks one
 */
export async function listen(host: string, port: number): Promise<{ server: Server; port: number }> {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, starting)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)))
    server.listen(port, host, resolve)
  })
  return { server, port: portOf(server) ?? port }
}

/** Undefined for a socket that is no port. */
function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}

/** Hands the server's requests to the site. */
export function serveWith(server: Server, site: RequestListener): void {
  server.off('request', starting)
  server.on('request', site)
}

const starting: RequestListener = (_req, res) => {
  res.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain' }).end('starting\n')
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const named: Record<string, [string, string]> = {
    EADDRINUSE: ['port_taken', `Port ${port} on ${host} is taken by another process.`],
    EACCES: ['port_not_allowed', `Port ${port} on ${host} needs more rights than this process has.`],
    EADDRNOTAVAIL: ['host_not_here', `${host} is no address of this machine.`],
    ENOTFOUND: ['host_not_here', `${host} is no known host.`],
  }
  const [code, message] = named[error.code ?? ''] ?? ['cannot_listen', `Cannot listen on port ${port} of ${host}.`]
  return new SiteError(code, message, 'Set PORT or HOST to another value.', { cause: error })
}
