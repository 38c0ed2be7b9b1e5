import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../../otp/otp.js'
import { CHALLENGE_SECONDS, type ChallengeOwner, createChallenge } from '../../otp/challenges/browser-challenges.js'

/** The options for the browser's call, and the ID of their challenge, which the session stores. */
export interface AuthenticationOptions {
  options: PublicKeyCredentialRequestOptionsJSON
  challenge: string
}

/**
 * Creates the options for a user's second factor: any of their confirmed keys can respond.
 *
 * @param replaces the ID of the challenge that the session had before
 * @returns null if the user has no key, or the site's URL cannot have a relying party
 */
export async function createAuthenticationOptions(
  otp: Otp,
  userId: number,
  replaces: string | null = null,
): Promise<AuthenticationOptions | null> {
  const keys = await runStatement<{ id: string; transports: string[] }>(otp.database, undefined, OWN_KEYS, { userId })
  return keys.length > 0 ? createOptions(otp, 'verify', keys, { userId, replaces }) : null
}

const OWN_KEYS =
  'select credential_id as id, transports from webauthn_devices where user_id = $userId and confirmed order by webauthn_devices.id'

/** Creates the options for a sign-in with any user's passkey, which must verify its user: both factors in one step. */
export async function createPasskeyOptions(
  otp: Otp,
  replaces: string | null = null,
): Promise<AuthenticationOptions | null> {
  return createOptions(otp, 'sign_in', [], { userId: null, replaces })
}

async function createOptions(
  otp: Otp,
  purpose: 'verify' | 'sign_in',
  allowCredentials: { id: string; transports: string[] }[],
  owner: ChallengeOwner,
): Promise<AuthenticationOptions | null> {
  const { relyingParty } = otp.settings
  if (!relyingParty) return null
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server')
  const { id, challenge } = await createChallenge(otp, purpose, owner)
  const options = await generateAuthenticationOptions({
    rpID: relyingParty.id,
    challenge: Buffer.from(challenge, 'base64url'),
    allowCredentials,
    userVerification: purpose === 'sign_in' ? 'required' : relyingParty.userVerification,
    timeout: CHALLENGE_SECONDS * 1000,
  })
  return { options, challenge: id }
}
