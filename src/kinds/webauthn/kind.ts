import { initWebauthnDevice } from './model.js'
import { z } from 'zod'
import { challengeHashes } from '../../otp/challenges/browser-challenges.js'
import { verifyAssertion } from './verify-assertion.js'
import { explainAssertion } from './explain-assertion.js'
import { findCredential } from './find-credential.js'
import { readChallenge, isFromKey, parseAssertion } from './parse-response.js'
import { defineKind } from '../../otp/kind-registry/kind.js'

/**
 * Security keys and passkeys. Their token is the assertion as JSON, as the browser returned it. The
 * database looks up the challenge that it was made for; the request that deletes that row has used it.
 */
export const webauthn = defineKind({
  name: 'webauthn',
  table: 'webauthn_devices',
  initModel: initWebauthnDevice,
  panel: {
    icon: 'Key',
    // Of the credential, only whether its provider stores a copy of it.
    columns: ['backed_up'],
    inList: [],
  },
  strength: 'phishing_resistant',
  isBoundToOrigin: true,
  input: 'browser_key',
  unguessable: true,
  answersChallenge: true,
  browserToken: {
    optionsPath: '/account/login/security-key',
    isMeant: isFromKey,
    findDevice: async (otp, token) => (await findCredential(otp, token))?.deviceId ?? null,
    explain: explainAssertion,
  },
  columns: `d.credential_id, d.public_key, d.counter::float8, d.user_handle, d.backup_eligible,
    (select json_build_object('id', c.id, 'purpose', c.purpose) from webauthn_challenges c
      where c.challenge_hash = any($lookup) and c.expires_at > $now
        and c.expires_at <= $now::timestamptz + 2 * interval '5 minutes') as challenge`,
  matchesFormat: (token) => parseAssertion(token) !== null,
  lookup(token, { keys }) {
    const challenge = challengeOf(token)
    return challenge ? challengeHashes(keys, challenge) : []
  },
  row: z.object({
    credential_id: z.string(),
    public_key: z.string(),
    counter: z.number(),
    user_handle: z.string(),
    backup_eligible: z.boolean().nullable(),
    challenge: z.object({ id: z.number(), purpose: z.enum(['add', 'verify', 'sign_in']) }).nullable(),
  }),
  verify(row, token, context) {
    const assertion = parseAssertion(token)
    const challenge = challengeOf(token)
    const isFromSession = row.challenge !== null && String(row.challenge.id) === context.challenge
    if (!assertion || !challenge || !context.relyingParty || !row.challenge || !isFromSession)
      return { accepted: false }
    return verifyAssertion(row, assertion, context.relyingParty, { ...row.challenge, challenge })
  },
})

function challengeOf(token: string): string | null {
  const assertion = parseAssertion(token)
  return assertion && readChallenge(assertion)
}
