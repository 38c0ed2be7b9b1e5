import { addNext } from '../http/paths/safe-next.js'

/**
 * Returns the path of the step-up page.
 *
 * @param back path to continue at afterwards
 * @param kinds accepted kinds of device; null: any
 * @param form name of the form that it completes, if several wait for one path
 * @example stepUpPath('/reports', ['webauthn']) // '/account/verify?next=%2Freports&kinds=webauthn'
 */
export function stepUpPath(back: string | null, kinds: readonly string[] | null, form: string | null = null): string {
  const more = [...(kinds ? [`kinds=${kinds.join(',')}`] : []), ...(form === null ? [] : [`form=${form}`])].join('&')
  const address = addNext('/account/verify', back)
  if (more === '') return address
  return `${address}${address.includes('?') ? '&' : '?'}${more}`
}
