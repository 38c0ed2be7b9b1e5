import { WebAuthnError } from '@simplewebauthn/browser'

/** The server gave no options, and said why. */
export class ServerRejection extends Error {
  readonly answer: { error: { code: string; message: string } }

  constructor(answer: { error: { code: string; message: string } }) {
    super(answer.error.message)
    this.answer = answer
  }
}

/** What the page can say: the name of one of its templates, or the server's own words. */
export type KeyError = 'cancelled' | 'failed' | 'known' | 'unsupported' | 'wrong_address' | ServerRejection

/** Names what went wrong. Browsers tell little, so that a page cannot find out whose key is there. */
export function classifyError(error: unknown): KeyError {
  if (error instanceof ServerRejection) return error
  if (!(error instanceof WebAuthnError)) return 'failed'
  if (error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') return 'known'
  if (error.code === 'ERROR_INVALID_DOMAIN' || error.code === 'ERROR_INVALID_RP_ID') return 'wrong_address'
  return error.name === 'NotAllowedError' || error.code === 'ERROR_CEREMONY_ABORTED' ? 'cancelled' : 'failed'
}
