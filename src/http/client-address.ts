import { isIP, isIPv6 } from 'node:net'

/**
 * An address as it may be written down: IPv4 as such, no zone; null where a proxy passed
 * on something that is no address at all.
 *
 * @param address Express's `req.ip`
 * @example cleanAddress('::ffff:192.0.2.7') // '192.0.2.7'
 */
export function cleanAddress(address: string | undefined): string | null {
  const clean = (address ?? '').replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/s, '')
  return isIP(clean) ? clean : null
}

/**
 * What tries are counted by. One IPv6 customer has at least a whole /64 (RFC 6177 §2), so
 * its 2^64 addresses count as one.
 *
 * @example networkOf('2001:db8::1') // '2001:db8:0:0::/64'
 */
export function networkOf(address: string): string {
  const clean = cleanAddress(address)
  if (clean === null) return 'unknown'
  return isIPv6(clean) ? `${groupsOf(clean).slice(0, 4).join(':')}::/64` : clean
}

/** All eight groups of an IPv6 address, none left out. */
function groupsOf(address: string): string[] {
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [before = [], after = []] = shortest.split('::').map((part) => part.split(':').filter(Boolean))
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}
