import { WebAuthnError } from '@simplewebauthn/browser'

/** The server returned an error instead of options. */
export class ServerRejection extends Error {
  readonly response: { error: { code: string; message: string } }

  constructor(response: { error: { code: string; message: string } }) {
    super(response.error.message)
    this.response = response
  }
}

/** What the page can show: the name of one of its templates, or the server's message. */
export type KeyError = 'cancelled' | 'failed' | 'known' | 'unsupported' | 'wrong_address' | ServerRejection

/** Classifies an error. Browsers reveal little, so that a page cannot find out whose key is connected. */
export function classifyError(error: unknown): KeyError {
  if (error instanceof ServerRejection) return error
  if (!(error instanceof WebAuthnError)) return 'failed'
  if (error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') return 'known'
  if (error.code === 'ERROR_INVALID_DOMAIN' || error.code === 'ERROR_INVALID_RP_ID') return 'wrong_address'
  return error.name === 'NotAllowedError' || error.code === 'ERROR_CEREMONY_ABORTED' ? 'cancelled' : 'failed'
}
