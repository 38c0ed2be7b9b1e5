/** The site that a security key signs for, and what it requires (WebAuthn §4, Relying Party). */
export interface RelyingParty {
  /** Host of `BASE_URL`. A key registered for it only signs for it and its subdomains. */
  id: string
  /** `BASE_URL` itself, which the browser must state as the origin of the page. */
  origin: string
  /** The name that browsers can show. */
  name: string
  /** Whether a key must verify its user after a password, by PIN or fingerprint. */
  userVerification: UserVerification
}

/** `preferred`: if the key can (WebAuthn §5.8.6). A passkey without a password must always verify its user. */
export type UserVerification = 'required' | 'preferred' | 'discouraged'

/**
 * Returns the relying party of a public URL. Null if browsers do not offer security keys there: its
 * ID must be a domain, not an IP address (WebAuthn §5.1.3), and the protocol https unless the host
 * is localhost.
 *
 * @example relyingPartyFor('https://admin.example.com', 'OTP Admin')?.id // 'admin.example.com'
 */
export function relyingPartyFor(
  baseUrl: string,
  name: string,
  userVerification: UserVerification = 'preferred',
): RelyingParty | null {
  const { hostname: id, origin, protocol } = new URL(baseUrl)
  const isLocal = id === 'localhost' || id.endsWith('.localhost')
  const isIp = id.startsWith('[') || /^[\d.]+$/.test(id)
  return isIp || (protocol !== 'https:' && !isLocal) ? null : { id, origin, name, userVerification }
}
