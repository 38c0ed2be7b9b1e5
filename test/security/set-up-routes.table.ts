import { LOGIN, type RouteRow } from './routes.table.js'

type Expected = RouteRow['expected']

const all = (answer: string): Expected => [answer, answer, answer, answer, answer, answer, answer]

/** Pages that change how somebody signs in: `first` to staff who have no device yet, `verified` to those whose device has just verified them. */
const fresh = (first: string, verified: string, staff = verified): Expected => [
  LOGIN,
  LOGIN,
  first,
  LOGIN,
  verified,
  staff,
  staff,
]

const setup = '/account/two-factor/setup'
const disable = '/account/two-factor/disable'
const tokens = '/account/two-factor/backup-tokens'
const forgot = '/account/password/forgot'

const rows: readonly [method: 'GET' | 'POST', address: string, expected: Expected][] = [
  ['GET', setup, fresh('200', '200')],
  ['POST', setup, fresh(`303 ${setup}?step=method`, `303 ${setup}?step=method`)],
  ['GET', `${setup}/complete`, fresh(`302 ${setup}`, '200')],
  ['GET', '/account/two-factor/qrcode', fresh('404 not_found', '404 not_found')],
  ['GET', tokens, fresh(LOGIN, '200')],
  ['POST', tokens, fresh(LOGIN, `303 ${tokens}`)],
  ['GET', disable, fresh('302 /account/two-factor', '200')],
  ['POST', disable, fresh('302 /account/two-factor', '422 confirmation_required', '422 policy')],
  ['GET', forgot, all('200')],
  ['POST', forgot, all(`303 ${forgot}?sent`)],
  ['GET', '/account/password/reset/:token', all('404 link_invalid')],
  ['POST', '/account/password/reset/:token', all('404 link_invalid')],
  ['GET', '/account/invitation/:token', all('404 link_invalid')],
  ['POST', '/account/invitation/:token', all('404 link_invalid')],
]

/** Set-up, backup tokens, switching off, one-time links. What wants a fresh token is tried by visitors who have just come. */
export const setUpRouteTable: readonly RouteRow[] = rows.map(([method, address, expected]) => ({
  routes: [`${method} ${address}`],
  method,
  address: address.replace(':token', 'A'.repeat(43)),
  expected,
  ends: true,
}))
