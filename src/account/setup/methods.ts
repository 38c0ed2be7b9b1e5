import type { Request } from 'express'
import { counts, isAccepted, policyOf } from '../../auth/policy.js'
import { addedKinds } from '../../otp/kinds/added-kind.js'
import type { Account } from '../account.js'
import { addAddress } from '../added-kinds/addresses.js'

/** A way to get a second factor, by the name that the form has for it. */
export interface Method {
  name: string
  /** Where it is set up; null: in the wizard itself. */
  path: string | null
}

/**
 * What this site offers to the person of a request, the strongest first; phones and e-mail
 * need something that sends. Where a second factor is due only what counts is offered.
 */
export function methodsOf({ config, otp }: Account, { user, secondFactorDue }: Request): Method[] {
  const policy = user && policyOf(config, user)
  const suits = (kind: string) => !policy || (secondFactorDue ? counts(policy, kind) : isAccepted(policy, kind))
  const all: (Method & { offered: boolean })[] = [
    { name: 'totp', path: null, offered: true },
    { name: 'webauthn', path: '/account/two-factor/security-keys/add', offered: otp.settings.relyingParty !== null },
    ...addedKinds(otp.kinds).map(({ name }) => ({ name, path: addAddress(name), offered: true })),
    { name: 'phone', path: '/account/two-factor/phones/add', offered: config.smsGateway !== undefined },
    { name: 'email', path: '/account/two-factor/email/add', offered: config.otpEmail },
  ]
  return all.filter(({ name, offered }) => offered && suits(name)).map(({ name, path }) => ({ name, path }))
}
