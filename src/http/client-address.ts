import { isIP, isIPv6 } from 'node:net'

/** What cannot be attributed to a network. */
export const UNKNOWN_NETWORK = 'unknown'

/**
 * Returns an IP address in one notation, whatever a proxy, load balancer or gateway wrote:
 * with a port, in brackets, in quotes, with `for=` or a zone, or IPv4 as IPv6. Null if there is none.
 *
 * @param address Express's `req.ip`
 * @example cleanAddress('"[::ffff:c000:207]:443"') // '192.0.2.7'
 */
export function cleanAddress(address: string | undefined): string | null {
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
  // The network of one address.
  /^(.*)\/(?:32|128)$/,
]

function withoutPort(text: string): string {
  const [, bare = text] = WITH_PORT.map((pattern) => pattern.exec(text)).find((match) => match !== null) ?? []
  return bare
}

/** RFC 5952's form; IPv4 in a prefix that only translates it (RFC 4291 §2.5.5, RFC 6052 §2.1) as such. */
function shortest(address: string): string {
  const groups = groupsOf(address)
  const prefix = groups.slice(0, 6).join(':')
  const translated = ['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'].includes(prefix)
  if (!translated) return new URL(`http://[${address}]`).hostname.slice(1, -1)
  const parts = groups.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
  return parts.join('.')
}

/**
 * What attempts are counted by. One IPv6 customer has at least a whole /64 (RFC 6177 §2), so
 * its 2^64 addresses count as one.
 *
 * @example networkOf('2001:db8::1') // '2001:db8:0:0::/64'
 */
export function networkOf(address: string): string {
  const clean = cleanAddress(address)
  if (clean === null) return UNKNOWN_NETWORK
  return isIPv6(clean) ? `${groupsOf(clean).slice(0, 4).join(':')}::/64` : clean
}

/** Decides whether the address at this place of the chain is a trusted proxy, as Express's `trust proxy fn` does. */
type Trusts = (address: string, index: number) => boolean

/** The same for proxies that are written in any notation. */
export function inAnyNotation(trusts: Trusts): Trusts {
  return (address, index) => trusts(cleanAddress(address) ?? address, index)
}

/** All eight groups of an IPv6 address, none left out. */
function groupsOf(address: string): string[] {
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [before = [], after = []] = short.split('::').map((part) => part.split(':').filter(Boolean))
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}
