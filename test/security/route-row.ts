/** The response for each requester, in the order of `requesters`: status and code, or status and redirect. */
export type Expected = readonly [string, string, string, string, string, string, string]

export interface RouteRow {
  /** As found in the stacks of Express; one row can cover several routes. */
  routes: readonly string[]
  method: 'GET' | 'POST'
  address: string
  expected: Expected
  /** It ends the requester's session, so each one signs in again. */
  ends?: true
}

/** The sign-in page, with the way back to the requested path. */
export const LOGIN = '302 login with next'

/** The setup, to which the policy redirects staff without a device; for a page, with the way back to it. */
export const SET_UP = '302 set-up'

export const all = (answer: string): Expected => [answer, answer, answer, answer, answer, answer, answer]
/** For everyone except users whom the policy redirects to the setup or asks for a token first. */
export const ruled = (answer: string): Expected => [answer, answer, SET_UP, LOGIN, answer, answer, answer]
/** For signed-in users whose device has verified them within five minutes, and who meet the policy. */
export const kept = (answer: string): Expected => [LOGIN, LOGIN, SET_UP, LOGIN, answer, answer, answer]
/** For signed-in users: verified within five minutes, or without a device that could verify. */
export const fresh = (answer: string): Expected => [LOGIN, LOGIN, answer, LOGIN, answer, answer, answer]

/**
 * No redirect goes back to a path that only accepts a POST: the panel rejects one without a token, and
 * the other pages redirect to the sign-in without a way back.
 */
export function withoutWaysBackToPosts(rows: readonly RouteRow[]): RouteRow[] {
  const isPage = ({ method, expected }: RouteRow) => method === 'GET' && !expected[4].startsWith('405')
  const pages = new Set(rows.filter(isPage).map(({ address }) => address))
  return rows.map((row) => {
    if (row.method === 'GET' || (!isPanels(row) && pages.has(row.address))) return row
    const [anonymous, pending, deviceless, unverified, ...others] = row.expected
    const away = (answer: string, code: string) =>
      answer === LOGIN ? (isPanels(row) ? code : '302 /account/login') : answer
    const expected: Expected = [
      away(anonymous, '401 not_authenticated'),
      away(pending, '401 not_authenticated'),
      away(deviceless, '403 not_verified'),
      away(unverified, '403 not_verified'),
      ...others,
    ]
    return { ...row, expected }
  })
}

const isPanels = ({ address }: RouteRow): boolean => address.startsWith('/admin')
