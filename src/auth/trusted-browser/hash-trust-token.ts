import type { Keyring } from '../../crypto/keyring.js'
import type { TrustToken } from './trust-cookie.js'

/** Hashes under every known key, newest first, so that rows written with an older key are still found. */
export interface TrustTokenHashes {
  series: string[]
  token: string[]
}

/** Hashes a browser's values. Only the hashes are stored. */
export function hashTrustToken(keys: Keyring, { series, token }: TrustToken): TrustTokenHashes {
  return { series: hashSeries(keys, series), token: keys.hashes('trusted_browsers.token', token) }
}

export function hashSeries(keys: Keyring, series: string): string[] {
  return keys.hashes('trusted_browsers.series', series)
}
