import { all, fresh, kept, type RouteRow, ruled } from './route-row.js'

/** The sign-in and the devices. `%device` is a device's ID, which belongs to another user. */
export const routeTable: readonly RouteRow[] = [
  { routes: ['GET /'], method: 'GET', address: '/', expected: ruled('302 /admin') },
  { routes: ['GET /healthz'], method: 'GET', address: '/healthz', expected: all('200') },
  { routes: ['GET /readyz'], method: 'GET', address: '/readyz', expected: all('200') },

  {
    routes: ['GET /account/login'],
    method: 'GET',
    address: '/account/login',
    expected: ['200', '200', '302 /account/two-factor/setup', '200', '200', '200', '200'],
  },
  {
    routes: ['POST /account/login'],
    method: 'POST',
    address: '/account/login',
    expected: [
      '422 invalid_login',
      '422 token_required',
      '422 token_required',
      '422 token_required',
      '422 invalid_login',
      '422 invalid_login',
      '422 invalid_login',
    ],
  },
  // The URL of the site in these tests is an IP address, so it has no relying party, and no passkeys.
  {
    routes: ['POST /account/login/security-key'],
    method: 'POST',
    address: '/account/login/security-key',
    expected: all('401 not_authenticated'),
  },
  {
    routes: ['POST /account/login/passkey'],
    method: 'POST',
    address: '/account/login/passkey',
    expected: all('404 not_found'),
  },
  {
    routes: ['POST /account/login/passkey/options'],
    method: 'POST',
    address: '/account/login/passkey/options',
    expected: all('404 not_found'),
  },
  {
    routes: ['GET /account/two-factor/security-keys/add'],
    method: 'GET',
    address: '/account/two-factor/security-keys/add',
    expected: fresh('200'),
  },
  {
    routes: ['POST /account/two-factor/security-keys/add'],
    method: 'POST',
    address: '/account/two-factor/security-keys/add',
    expected: fresh('422 key_refused'),
  },
  {
    routes: ['POST /account/two-factor/security-keys/add/options'],
    method: 'POST',
    address: '/account/two-factor/security-keys/add/options',
    expected: fresh('404 not_found'),
  },
  {
    routes: ['POST /account/two-factor/security-keys/:id/delete'],
    method: 'POST',
    address: '/account/two-factor/security-keys/1/delete',
    expected: kept('404 not_found'),
  },
  {
    routes: [],
    method: 'GET',
    address: '/account/two-factor/security-keys/1/delete',
    expected: ruled('405 method_not_allowed'),
  },
  { routes: ['GET /account/logout'], method: 'GET', address: '/account/logout', expected: all('200') },
  {
    routes: ['POST /account/logout'],
    method: 'POST',
    address: '/account/logout',
    expected: all('303 /account/login'),
    ends: true,
  },
  { routes: ['GET /account/two-factor'], method: 'GET', address: '/account/two-factor', expected: kept('200') },
  {
    routes: ['GET /account/two-factor/sessions'],
    method: 'GET',
    address: '/account/two-factor/sessions',
    expected: kept('200'),
  },
  {
    routes: ['POST /account/two-factor/sessions'],
    method: 'POST',
    address: '/account/two-factor/sessions',
    expected: kept('303 /account/login'),
    ends: true,
  },
  { routes: [], method: 'POST', address: '/account/two-factor', expected: ruled('405 method_not_allowed') },
  {
    routes: ['GET /account/two-factor/phones/add'],
    method: 'GET',
    address: '/account/two-factor/phones/add',
    expected: fresh('200'),
  },
  {
    routes: ['POST /account/two-factor/phones/add'],
    method: 'POST',
    address: '/account/two-factor/phones/add',
    expected: fresh('422 number_invalid'),
  },
  {
    routes: ['POST /account/two-factor/phones/:id/delete'],
    method: 'POST',
    address: '/account/two-factor/phones/%device/delete',
    expected: kept('404 not_found'),
  },
  // Off unless OTP_EMAIL is set.
  {
    routes: ['GET /account/two-factor/email/add'],
    method: 'GET',
    address: '/account/two-factor/email/add',
    expected: fresh('302 /account/two-factor'),
  },
  {
    routes: ['POST /account/two-factor/email/add'],
    method: 'POST',
    address: '/account/two-factor/email/add',
    expected: fresh('302 /account/two-factor'),
  },
]
