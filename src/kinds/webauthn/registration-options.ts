import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../../otp/otp.js'
import { CHALLENGE_SECONDS, createChallenge } from '../../otp/challenges/browser-challenges.js'
import { getUserHandle } from './user-handle.js'

/** The accepted COSE algorithms, in order of preference: Ed25519, ES256, RS256 (WebAuthn §7.1 step 20). */
export const ALGORITHMS = [-8, -7, -257]

/** The options for the browser's call, and the ID of their challenge, which the session stores. */
export interface RegistrationOptions {
  options: PublicKeyCredentialCreationOptionsJSON
  challenge: string
}

/**
 * Creates the options for adding a key to a user. The browser rejects a key that is already active;
 * a disabled key can be set up again.
 *
 * @param discoverable whether the key should store its user, so that it can sign in alone
 * @param replaces the ID of the challenge that the session had before
 * @returns null if the site's URL cannot have a relying party
 */
export async function createRegistrationOptions(
  otp: Otp,
  user: { id: number; email: string; name: string },
  { discoverable, replaces = null }: { discoverable: boolean; replaces?: string | null },
): Promise<RegistrationOptions | null> {
  const { relyingParty } = otp.settings
  if (!relyingParty) return null
  const { generateRegistrationOptions } = await import('@simplewebauthn/server')
  const activeKeys = await runStatement<ActiveKey>(otp.database, undefined, ACTIVE_KEYS, { userId: user.id })
  const userHandle = await getUserHandle(otp, undefined, user.id)
  const { id, challenge } = await createChallenge(otp, 'add', { userId: user.id, replaces })
  const options = await generateRegistrationOptions({
    rpName: relyingParty.name,
    rpID: relyingParty.id,
    userID: Uint8Array.from(Buffer.from(userHandle, 'base64url')),
    userName: user.email,
    userDisplayName: user.name || user.email,
    challenge: Buffer.from(challenge, 'base64url'),
    timeout: CHALLENGE_SECONDS * 1000,
    attestationType: 'none',
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: activeKeys,
    authenticatorSelection: {
      // A key can store only a few dozen passkeys, so none is stored if the site has no passkey sign-in.
      residentKey: discoverable ? 'preferred' : 'discouraged',
      userVerification: relyingParty.userVerification,
    },
  })
  return { options, challenge: id }
}

interface ActiveKey {
  id: string
  transports: string[]
}

const ACTIVE_KEYS =
  'select credential_id as id, transports from webauthn_devices where user_id = $userId and confirmed order by webauthn_devices.id'
