import { browserSupportsWebAuthn, startAuthentication } from '@simplewebauthn/browser'

export const keysWork = browserSupportsWebAuthn

/**
 * Asks the person's security key.
 *
 * @returns its answer as a token; null where the person thought better of it, or the key did
 */
export async function askKey(): Promise<string | null> {
  const response = await fetch('/account/login/security-key', { method: 'POST' })
  if (!response.ok) return null
  const optionsJSON = await response.json()
  return startAuthentication({ optionsJSON }).then(JSON.stringify, () => null)
}
