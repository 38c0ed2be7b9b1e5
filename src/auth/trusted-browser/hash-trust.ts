import type { Keyring } from '../../crypto/keyring.js'
import type { TrustToken } from './trust-cookie.js'

/** Under every known key, newest first: what an older key has hashed is still recognised. */
export interface TrustHashes {
  series: string[]
  token: string[]
}

/** All that is stored of what a browser holds. */
export function hashTrust(keys: Keyring, { series, token }: TrustToken): TrustHashes {
  return { series: hashSeries(keys, series), token: keys.hashes('trusted_browsers.token', token) }
}

export function hashSeries(keys: Keyring, series: string): string[] {
  return keys.hashes('trusted_browsers.series', series)
}
