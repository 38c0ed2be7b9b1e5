import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../../otp/otp.js'
import { CHALLENGE_SECONDS, createChallenge } from './challenges.js'
import { getUserHandle } from './user-handle.js'

/** COSE algorithms that keys are asked for, the best first: Ed25519, ES256, RS256. No other one is accepted (WebAuthn §7.1 step 20). */
export const ALGORITHMS = [-8, -7, -257]

/** What the browser is to ask a new key, and the id of the challenge in it, for the session. */
export interface RegistrationOptions {
  options: PublicKeyCredentialCreationOptionsJSON
  challenge: string
}

/**
 * Asks for a new key of somebody's. Keys that are active already refuse themselves; a disabled
 * one may be set up again.
 *
 * @param discoverable whether the key should remember for whom it is, so that it can sign in alone
 * @param replaces the ID of the challenge that the session had before
 * @returns null where this address has no relying party
 */
export async function createRegistrationOptions(
  otp: Otp,
  user: { id: number; email: string; name: string },
  { discoverable, replaces = null }: { discoverable: boolean; replaces?: string | null },
): Promise<RegistrationOptions | null> {
  const { relyingParty } = otp.settings
  if (!relyingParty) return null
  const { generateRegistrationOptions } = await import('@simplewebauthn/server')
  const known = await runStatement<KnownKey>(otp.database, undefined, KNOWN_KEYS, { userId: user.id })
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
    excludeCredentials: known,
    authenticatorSelection: {
      // A key has room for a few dozen only; none is taken up where nobody signs in by passkey alone.
      residentKey: discoverable ? 'preferred' : 'discouraged',
      userVerification: relyingParty.userVerification,
    },
  })
  return { options, challenge: id }
}

interface KnownKey {
  id: string
  transports: string[]
}

const KNOWN_KEYS =
  'select credential_id as id, transports from webauthn_devices where user_id = $userId and confirmed order by webauthn_devices.id'
