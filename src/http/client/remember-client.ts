import { channel } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import type { Request, RequestHandler } from 'express'
import type { Logger } from 'pino'
import { normaliseIp } from './client-ip.js'

/** `at`: milliseconds since 1970, by this machine's clock. */
const arrivals = new WeakMap<Request, { address: string; at: number }>()

/** Headers in which proxies, load balancers and gateways pass the client's IP address on. */
const PROXY_HEADERS = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-appengine-user-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'true-client-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'do-connecting-ip',
] as const

/**
 * Makes Node.js look up and cache the IP address of a new socket. It does so only when the property
 * is read, and a client may have reset its connection before its request is read.
 */
function readAtOnce(message: unknown): void {
  const socket: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'socket') : null
  if (socket instanceof Socket) void socket.remoteAddress
}

/**
 * Reads the client's IP address and the time when the request arrives: once the client has reset
 * its connection, the socket has no address. Warns once if a proxy seems to be in front and is not
 * trusted, and once if there is no address.
 *
 * @param options.trustsProxy whether `TRUST_PROXY` is set
 */
export function rememberClient({ trustsProxy, log }: { trustsProxy: boolean; log: Logger }): RequestHandler {
  const accepted = channel('net.server.socket')
  accepted.unsubscribe(readAtOnce)
  accepted.subscribe(readAtOnce)
  const warned = new Set<string>()
  const warnOnce = (about: string, details: object, line: string) => {
    if (warned.has(about)) return
    warned.add(about)
    log.warn(details, line)
  }
  return (req, _res, next) => {
    const address = req.ip ?? ''
    arrivals.set(req, { address, at: Date.now() })
    const header = trustsProxy ? undefined : PROXY_HEADERS.find((name) => req.headers[name] !== undefined)
    if (header)
      warnOnce(
        'proxy',
        { header },
        'a request names a client, but TRUST_PROXY is not set: all clients of a proxy share one IP address and its limit. If a proxy is in front, set TRUST_PROXY to the number of proxies or to their IP addresses',
      )
    if (normaliseIp(address) === null)
      warnOnce(
        'unknown',
        { trustsProxy },
        'the IP address of a client is unknown, so LOGIN_ADDRESS_LIMIT does not apply to it. Check TRUST_PROXY and what the proxy writes to X-Forwarded-For',
      )
    next()
  }
}

/** Returns the client's IP address as Express read it when the request arrived. Empty if it had none. */
export function clientIp(req: Request): string {
  return arrivals.get(req)?.address ?? req.ip ?? ''
}

/**
 * Returns when a request arrived, in milliseconds of this machine's clock, before anything was read for it.
 * It distinguishes requests of the same moment, and does not depend on the site's clock.
 */
export function arrivalTime(req: Request): number {
  return arrivals.get(req)?.at ?? Date.now()
}
