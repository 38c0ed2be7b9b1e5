import type { CDPSession, Page } from 'playwright-core'

/** A security key that Chromium simulates (https://www.w3.org/TR/webauthn-3/#sctn-automation), for one tab. */
export interface VirtualKey {
  devtools: CDPSession
  id: string
}

export interface VirtualKeyOptions {
  /** Whether it stores the user of its credentials, as passkeys do. */
  discoverable?: boolean
  /** Whether it can check a PIN or a fingerprint. */
  verifies?: boolean
  /** Whether the PIN or fingerprint is accepted. */
  verified?: boolean
  transport?: 'usb' | 'internal'
}

/** Plugs in a key that is touched immediately at every request. */
export async function plugIn(page: Page, traits: VirtualKeyOptions = {}): Promise<VirtualKey> {
  const { discoverable = false, verifies = false, verified = verifies, transport = 'usb' } = traits
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport,
      hasResidentKey: discoverable,
      hasUserVerification: verifies,
      isUserVerified: verified,
      automaticPresenceSimulation: true,
    },
  })
  return { devtools, id: authenticatorId }
}

/** Unplugs a key. */
export async function unplug({ devtools, id }: VirtualKey): Promise<void> {
  await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id })
}

/** Sets whether the next PIN or fingerprint is accepted. */
export async function setVerified({ devtools, id }: VirtualKey, isUserVerified: boolean): Promise<void> {
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified })
}

/** Copies all credentials of one key, with private keys and counters, to another. */
export async function cloneKey(from: VirtualKey, to: VirtualKey): Promise<void> {
  const { credentials } = await from.devtools.send('WebAuthn.getCredentials', { authenticatorId: from.id })
  for (const credential of credentials)
    await to.devtools.send('WebAuthn.addCredential', { authenticatorId: to.id, credential })
}
