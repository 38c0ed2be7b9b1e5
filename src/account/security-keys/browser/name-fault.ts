import { WebAuthnError } from '@simplewebauthn/browser'

/** The server gave no options, and said why. */
export class Refused extends Error {
  readonly answer: { error: { code: string; message: string } }

  constructor(answer: { error: { code: string; message: string } }) {
    super(answer.error.message)
    this.answer = answer
  }
}

/** What the page can say: the name of one of its templates, or the server's own words. */
export type Fault = 'cancelled' | 'failed' | 'known' | 'unsupported' | 'wrong_address' | Refused

/** Names what went wrong. Browsers tell little, so that a page cannot find out whose key is there. */
export function nameFault(fault: unknown): Fault {
  if (fault instanceof Refused) return fault
  if (!(fault instanceof WebAuthnError)) return 'failed'
  if (fault.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') return 'known'
  if (fault.code === 'ERROR_INVALID_DOMAIN' || fault.code === 'ERROR_INVALID_RP_ID') return 'wrong_address'
  return fault.name === 'NotAllowedError' || fault.code === 'ERROR_CEREMONY_ABORTED' ? 'cancelled' : 'failed'
}
