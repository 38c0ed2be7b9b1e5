import { isIP, isIPv6 } from 'node:net'

/** The network of a client whose IP address is unknown. */
export const UNKNOWN_NETWORK = 'unknown'

/**
 * Normalises an IP address. Proxies, load balancers and gateways write it with a port, in
 * brackets, in quotes, with `for=` or a zone, or IPv4 as IPv6.
 *
 * @param address Express's `req.ip`
 * @returns null if it is not an IP address
 * @example normaliseIp('"[::ffff:c000:207]:443"') // '192.0.2.7'
 */
export function normaliseIp(address: string | undefined): string | null {
  const bare = withoutPort(
    (address ?? '')
      .trim()
      .replace(/^for\s*=\s*/i, '')
      .replace(/^"(.*)"$/s, '$1')
      .trim(),
  ).replace(/%.*$/s, '')
  if (isIP(bare) === 4) return bare
  return isIPv6(bare) ? shortest(bare) : null
}

const PORT = ':(?:\\d{1,5}|_[\\w.-]+)'
const WITH_PORT = [
  // `[2001:db8::1]:443`, and without a port.
  new RegExp(`^\\[([^\\]]*)\\](?:${PORT})?$`),
  // `192.0.2.7:443`, also as `::ffff:192.0.2.7:443`.
  new RegExp(`^((?:::ffff:)?[\\d.]+)${PORT}$`, 'i'),
  // All eight groups and a ninth.
  new RegExp(`^((?:[\\da-f]{1,4}:){7}[\\da-f]{1,4})${PORT}$`, 'i'),
  // A network that contains only one IP address.
  /^(.*)\/(?:32|128)$/,
]

function withoutPort(text: string): string {
  const [, bare = text] = WITH_PORT.map((pattern) => pattern.exec(text)).find((match) => match !== null) ?? []
  return bare
}

/**
 * Shortens an IPv6 address as RFC 5952 does. If it only wraps an IPv4 address
 * (RFC 4291 §2.5.5, RFC 6052 §2.1), it becomes that one.
 */
function shortest(address: string): string {
  const groups = groupsOf(address)
  const prefix = groups.slice(0, 6).join(':')
  const translated = ['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'].includes(prefix)
  if (!translated) return new URL(`http://[${address}]`).hostname.slice(1, -1)
  const parts = groups.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
  return parts.join('.')
}

/**
 * Returns the network by which attempts are counted. An IPv6 customer has at least a whole
 * /64 (RFC 6177 §2), so its 2^64 addresses are one network.
 *
 * @example ipNetwork('2001:db8::1') // '2001:db8:0:0::/64'
 */
export function ipNetwork(address: string): string {
  const clean = normaliseIp(address)
  if (clean === null) return UNKNOWN_NETWORK
  return isIPv6(clean) ? `${groupsOf(clean).slice(0, 4).join(':')}::/64` : clean
}

/** Decides whether the IP address at this position of the chain is a trusted proxy, like Express's `trust proxy fn`. */
type Trusts = (address: string, index: number) => boolean

/** Makes a proxy check accept IP addresses in any notation. */
export function inAnyNotation(trusts: Trusts): Trusts {
  return (address, index) => trusts(normaliseIp(address) ?? address, index)
}

/** Expands an IPv6 address to its eight groups. */
function groupsOf(address: string): string[] {
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [before = [], after = []] = short.split('::').map((part) => part.split(':').filter(Boolean))
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}
