import type { CredentialDeviceType } from '@simplewebauthn/server'
import type { KindOutcome } from '../../otp/device.js'
import type { ChallengePurpose } from './challenges.js'
import type { AssertionResponse } from './parse-response.js'
import type { RelyingParty } from '../../otp/relying-party.js'

/** What is known of a key. */
export interface CredentialState {
  credential_id: string
  /** COSE key, base64url. */
  public_key: string
  /** How often it has signed, as it said the last time; 0 for keys that do not count. */
  counter: number
  /** Whether it said that it can be backed up; null: not known yet. */
  backup_eligible: boolean | null
  /** What it calls its owner, base64url. */
  user_handle: string
}

/** A row of webauthn_challenges that stands. */
export interface StoredChallenge {
  id: number
  purpose: ChallengePurpose
}

/**
 * Judges an answer by WebAuthn §7.2. That the challenge is the session's own, and in time,
 * the caller has made sure of; accepting the answer uses it up.
 *
 * @param challenge what the answer was made for, base64url
 */
export async function verifyAssertion(
  state: CredentialState,
  answer: AssertionResponse,
  relyingParty: RelyingParty,
  { id, purpose, challenge }: StoredChallenge & { challenge: string },
): Promise<KindOutcome> {
  if (purpose === 'add' || answer.id !== state.credential_id) return { accepted: false }
  const { userHandle } = answer.response
  // §7.2 step 6: where nobody was identified before, the key has to say who it is for.
  if (userHandle === undefined && purpose === 'sign_in') return { accepted: false }
  if (userHandle !== undefined && userHandle !== state.user_handle) return { accepted: false }
  const mustVerifyUser = purpose === 'sign_in' || relyingParty.userVerification === 'required'
  const checked = await checkSignature(state, answer, relyingParty, { challenge, mustVerifyUser })
  if (!checked) return { accepted: false }
  // §6.1.3 and §7.2 step 19: what a key says of that never changes.
  const backupEligible = isBackupEligible(checked.credentialDeviceType)
  if (backupEligible !== (state.backup_eligible ?? backupEligible))
    return { accepted: false, because: 'backup_changed' }
  // §6.1.1: one that counts and does not go up was answered by a copy, or after one was.
  const counts = checked.newCounter > 0 || state.counter > 0
  if (counts && checked.newCounter <= state.counter) return { accepted: false, because: 'counter_not_higher' }
  return {
    accepted: true,
    changes: {
      counter: checked.newCounter,
      backed_up: checked.credentialBackedUp,
      backup_eligible: backupEligible,
    },
    consumes: { table: 'webauthn_challenges', id },
  }
}

/** Whether a key says of itself that it can be backed up (WebAuthn §6.1.3). */
export const isBackupEligible = (deviceType: CredentialDeviceType): boolean => deviceType === 'multiDevice'

/** What the key says where its signature, origin and flags are right; null where anything is not. */
async function checkSignature(
  state: CredentialState,
  answer: AssertionResponse,
  relyingParty: RelyingParty,
  { challenge, mustVerifyUser }: { challenge: string; mustVerifyUser: boolean },
) {
  // Loaded at the first key: its certificate code takes a third of a second, and a start needs none of it.
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer,
      expectedChallenge: challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      requireUserVerification: mustVerifyUser,
      // Counter 0 is never too low: a copy is only called one where its signature is right, which is found out last.
      credential: { id: state.credential_id, publicKey: fromBase64url(state.public_key), counter: 0 },
    })
    return verified ? authenticationInfo : null
  } catch {
    // The library throws a plain Error for whatever is wrong with an answer.
    return null
  }
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'base64url'))
}
