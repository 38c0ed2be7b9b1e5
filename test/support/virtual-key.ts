import type { CDPSession, Page } from 'playwright-core'

/** A security key of Chromium's own making (https://www.w3.org/TR/webauthn-3/#sctn-automation), for one tab. */
export interface VirtualKey {
  devtools: CDPSession
  id: string
}

export interface VirtualKeyOptions {
  /** Whether it can remember for whom its credentials are: a passkey. */
  discoverable?: boolean
  /** Whether it can check a PIN or a finger. */
  verifies?: boolean
  /** Whether it finds the PIN or the finger right. */
  verified?: boolean
  transport?: 'usb' | 'internal'
}

/** Plugs one in; it is touched at once whenever it is asked. */
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

/** Pulls one out. */
export async function unplug({ devtools, id }: VirtualKey): Promise<void> {
  await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id })
}

/** Whether the next PIN or finger is the right one. */
export async function setVerified({ devtools, id }: VirtualKey, isUserVerified: boolean): Promise<void> {
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified })
}

/** Copies everything that one key holds, private keys and counters, to another. */
export async function cloneKey(from: VirtualKey, to: VirtualKey): Promise<void> {
  const { credentials } = await from.devtools.send('WebAuthn.getCredentials', { authenticatorId: from.id })
  for (const credential of credentials)
    await to.devtools.send('WebAuthn.addCredential', { authenticatorId: to.id, credential })
}
