/** Whom a security key signs for, and what is asked of it (WebAuthn §4, Relying Party). */
export interface RelyingParty {
  /** Host of `BASE_URL`. A key made for it answers to it and its subdomains only. */
  id: string
  /** `BASE_URL` itself: what the browser must name as the page's origin. */
  origin: string
  /** As the browser may show it. */
  name: string
  /** Whether a key that answers beside a password asks for a PIN or a finger, too. */
  userVerification: UserVerification
}

/** `preferred`: where the key can (WebAuthn §5.8.6). A passkey alone must always verify its user. */
export type UserVerification = 'required' | 'preferred' | 'discouraged'

/**
 * The relying party of a public address, or null where browsers have none: an id is a
 * domain, never an address of numbers (WebAuthn §5.1.3), and keys answer only over https
 * or on localhost.
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
  const isNumbers = id.startsWith('[') || /^[\d.]+$/.test(id)
  return isNumbers || (protocol !== 'https:' && !isLocal) ? null : { id, origin, name, userVerification }
}
