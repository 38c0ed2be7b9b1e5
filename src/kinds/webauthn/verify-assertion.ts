import type { CredentialDeviceType } from '@simplewebauthn/server'
import type { KindOutcome } from '../../otp/device.js'
import type { ChallengePurpose } from '../../otp/challenges/browser-challenges.js'
import type { AssertionResponse } from './parse-response.js'
import type { RelyingParty } from '../../otp/relying-party.js'

/** What the database stores about a key. */
export interface CredentialState {
  credential_id: string
  /** COSE key, in base64url. */
  public_key: string
  /** The signature counter of its last assertion; 0 for keys without one. */
  counter: number
  /** Whether it can be backed up, by its own flag; null: not known yet. */
  backup_eligible: boolean | null
  /** The user handle that it stores, in base64url. */
  user_handle: string
}

/** A row of `webauthn_challenges` that has not expired. */
export interface StoredChallenge {
  id: number
  purpose: ChallengePurpose
}

/**
 * Verifies an assertion (WebAuthn §7.2). The caller has checked that the challenge belongs to the
 * session and has not expired. An accepted assertion consumes it.
 *
 * @param challenge the challenge that the assertion was made for, in base64url
 */
export async function verifyAssertion(
  state: CredentialState,
  assertion: AssertionResponse,
  relyingParty: RelyingParty,
  { id, purpose, challenge }: StoredChallenge & { challenge: string },
): Promise<KindOutcome> {
  if (purpose === 'add' || assertion.id !== state.credential_id) return { accepted: false }
  const { userHandle } = assertion.response
  // §7.2 step 6: if no user was identified before, the key must return the user handle.
  if (userHandle === undefined && purpose === 'sign_in') return { accepted: false }
  if (userHandle !== undefined && userHandle !== state.user_handle) return { accepted: false }
  const mustVerifyUser = purpose === 'sign_in' || relyingParty.userVerification === 'required'
  const verified = await checkSignature(state, assertion, relyingParty, { challenge, mustVerifyUser })
  if (!verified) return { accepted: false }
  // §6.1.3 and §7.2 step 19: this flag of a key never changes.
  const backupEligible = isBackupEligible(verified.credentialDeviceType)
  if (backupEligible !== (state.backup_eligible ?? backupEligible))
    return { accepted: false, because: 'backup_changed' }
  // §6.1.1: a counter that does not increase means that a copy of the key made this assertion, or was used before.
  const hasCounter = verified.newCounter > 0 || state.counter > 0
  if (hasCounter && verified.newCounter <= state.counter) return { accepted: false, because: 'counter_not_higher' }
  return {
    accepted: true,
    changes: {
      counter: verified.newCounter,
      backed_up: verified.credentialBackedUp,
      backup_eligible: backupEligible,
    },
    consumes: { table: 'webauthn_challenges', id },
  }
}

/** Whether a key can be backed up, by its own flag (WebAuthn §6.1.3). */
export const isBackupEligible = (deviceType: CredentialDeviceType): boolean => deviceType === 'multiDevice'

/** Verifies signature, origin and flags, and returns the key's data. @returns null if any of them is invalid */
async function checkSignature(
  state: CredentialState,
  assertion: AssertionResponse,
  relyingParty: RelyingParty,
  { challenge, mustVerifyUser }: { challenge: string; mustVerifyUser: boolean },
) {
  // Loaded at the first use: its certificate code takes a third of a second, which would delay the start.
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: assertion,
      expectedChallenge: challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      requireUserVerification: mustVerifyUser,
      // With 0, the library never rejects the counter. It is compared later, because only a valid signature proves a copy.
      credential: { id: state.credential_id, publicKey: fromBase64url(state.public_key), counter: 0 },
    })
    return verified ? authenticationInfo : null
  } catch {
    // The library throws a plain Error for any problem with an assertion.
    return null
  }
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'base64url'))
}
