import { all, type Expected, LOGIN, type RouteRow, ruled, SET_UP } from './route-row.js'

/** Pages that change how a user signs in: `first` for staff without a device, `verified` for users whose device has just verified them. */
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
  ['GET', tokens, fresh(SET_UP, '200')],
  ['POST', tokens, fresh(SET_UP, `303 ${tokens}`)],
  ['GET', disable, fresh(SET_UP, '200')],
  ['POST', disable, fresh(SET_UP, '422 confirmation_required', '422 policy')],
  ['GET', forgot, ruled('200')],
  ['POST', forgot, ruled(`303 ${forgot}?sent`)],
  ['GET', '/account/password/reset/:token', ruled('404 link_invalid')],
  ['POST', '/account/password/reset/:token', ruled('404 link_invalid')],
  ['GET', '/account/invitation/:token', all('404 link_invalid')],
  ['POST', '/account/invitation/:token', all('404 link_invalid')],
]

/** Setup, backup tokens, turning off, one-time links. Those that need a recent token are requested right after the sign-in. */
export const setupRouteTable: readonly RouteRow[] = rows.map(([method, address, expected]) => ({
  routes: [`${method} ${address}`],
  method,
  address: address.replace(':token', 'A'.repeat(43)),
  expected,
  ends: true,
}))
