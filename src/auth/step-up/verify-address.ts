import { addNext } from '../../http/safe-next.js'

/**
 * The step-up page, with the way back.
 *
 * @param kinds of device whose token helps; null: any
 * @example verifyAddress('/reports', ['webauthn']) // '/account/verify?next=%2Freports&kinds=webauthn'
 */
export function verifyAddress(back: string | null, kinds: readonly string[] | null): string {
  const address = addNext('/account/verify', back)
  if (!kinds) return address
  return `${address}${address.includes('?') ? '&' : '?'}kinds=${kinds.join(',')}`
}
