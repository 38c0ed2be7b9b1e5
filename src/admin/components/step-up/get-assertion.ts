import { browserSupportsWebAuthn, startAuthentication } from '@simplewebauthn/browser'

export const supportsWebauthn = browserSupportsWebAuthn

/**
 * Requests an assertion from the user's security key.
 *
 * @returns the assertion as a token; null if the user cancelled or the key failed
 */
export async function getAssertion(): Promise<string | null> {
  const response = await fetch('/account/login/security-key', { method: 'POST' })
  if (!response.ok) return null
  const optionsJSON = await response.json()
  return startAuthentication({ optionsJSON }).then(JSON.stringify, () => null)
}
