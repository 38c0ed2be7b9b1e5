import { addNext } from '../../http/safe-next.js'

/**
 * The step-up page, with the way back.
 *
 * @param kinds of device whose token helps; null: any
 * @param form that it completes, where the way back alone does not say which
 * @example verifyAddress('/reports', ['webauthn']) // '/account/verify?next=%2Freports&kinds=webauthn'
 */
export function verifyAddress(
  back: string | null,
  kinds: readonly string[] | null,
  form: string | null = null,
): string {
  const more = [...(kinds ? [`kinds=${kinds.join(',')}`] : []), ...(form === null ? [] : [`form=${form}`])].join('&')
  const address = addNext('/account/verify', back)
  if (more === '') return address
  return `${address}${address.includes('?') ? '&' : '?'}${more}`
}
