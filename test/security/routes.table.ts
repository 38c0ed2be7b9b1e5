/** The response for each requester, in the order of `requesters`: status and code, or status and redirect. */
type Expected = readonly [string, string, string, string, string, string, string]

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

const all = (answer: string): Expected => [answer, answer, answer, answer, answer, answer, answer]
const page = (staff: string, superuser = staff): Expected => [
  LOGIN,
  LOGIN,
  LOGIN,
  LOGIN,
  '403 not_staff',
  staff,
  superuser,
]
const call = (staff: string, superuser = staff): Expected => [
  '401 not_authenticated',
  '401 not_authenticated',
  '403 not_verified',
  '403 not_verified',
  '403 not_staff',
  staff,
  superuser,
]
/** For everyone except users whom the policy redirects to the setup or asks for a token first. */
const ruled = (answer: string): Expected => [answer, answer, SET_UP, LOGIN, answer, answer, answer]
/** For signed-in users whose device has verified them within five minutes, and who meet the policy. */
const kept = (answer: string): Expected => [LOGIN, LOGIN, SET_UP, LOGIN, answer, answer, answer]
/** For signed-in users: verified within five minutes, or without a device that could verify. */
const fresh = (answer: string): Expected => [LOGIN, LOGIN, answer, LOGIN, answer, answer, answer]
const own = fresh('200')

/** The same for what changes how a user signs in, once a form was submitted. */
const posted = (answer: string): Expected => [LOGIN, LOGIN, answer, LOGIN, answer, answer, answer]

const leadsTo = (address: string): Expected => all(`302 ${address}`)

const api = '/admin/api/resources'

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

/** Every route of the site. `%id` is a user's ID, `%device` a device's: both belong to another user. */
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
    expected: own,
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
    expected: own,
  },
  {
    routes: ['POST /account/two-factor/phones/add'],
    method: 'POST',
    address: '/account/two-factor/phones/add',
    expected: posted('422 number_invalid'),
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
    expected: posted('302 /account/two-factor'),
  },
  {
    routes: ['POST /account/two-factor/email/add'],
    method: 'POST',
    address: '/account/two-factor/email/add',
    expected: posted('302 /account/two-factor'),
  },

  { routes: ['GET /admin/login'], method: 'GET', address: '/admin/login', expected: leadsTo('/account/login') },
  { routes: ['GET /admin/logout'], method: 'GET', address: '/admin/logout', expected: leadsTo('/account/logout') },
  { routes: ['GET /admin', 'GET /admin/', 'ALL /admin/'], method: 'GET', address: '/admin', expected: page('200') },
  { routes: [], method: 'POST', address: '/admin', expected: page('405 method_not_allowed') },
  {
    routes: ['GET /admin/resources/:resourceId', 'ALL /admin/resources/:resourceId'],
    method: 'GET',
    address: '/admin/resources/users',
    expected: page('200'),
  },
  { routes: [], method: 'POST', address: '/admin/resources/users', expected: page('405 method_not_allowed') },
  { routes: [], method: 'GET', address: '/admin/resources/sessions', expected: page('404 not_found') },
  {
    routes: ['GET /admin/resources/:resourceId/actions/:action', 'ALL /admin/resources/:resourceId/actions/:action'],
    method: 'GET',
    address: '/admin/resources/users/actions/list',
    expected: page('200'),
  },
  {
    routes: [],
    method: 'POST',
    address: '/admin/resources/users/actions/list',
    expected: page('405 method_not_allowed'),
  },
  {
    routes: [
      'GET /admin/resources/:resourceId/records/:recordId/:action',
      'ALL /admin/resources/:resourceId/records/:recordId/:action',
    ],
    method: 'GET',
    address: '/admin/resources/users/records/%id/show',
    expected: page('200'),
  },
  {
    routes: [],
    method: 'POST',
    address: '/admin/resources/users/records/%id/edit',
    expected: page('405 method_not_allowed'),
  },
  {
    routes: ['GET /admin/resources/:resourceId/bulk/:action', 'ALL /admin/resources/:resourceId/bulk/:action'],
    method: 'GET',
    address: '/admin/resources/totp_devices/bulk/bulkDelete?recordIds=%device',
    expected: page('200'),
  },
  {
    routes: [],
    method: 'POST',
    address: '/admin/resources/totp_devices/bulk/bulkDelete',
    expected: page('405 method_not_allowed'),
  },

  {
    routes: ['GET /admin/api/dashboard', 'ALL /admin/api/dashboard'],
    method: 'GET',
    address: '/admin/api/dashboard',
    expected: call('200'),
  },
  { routes: [], method: 'POST', address: '/admin/api/dashboard', expected: call('405 method_not_allowed') },
  {
    routes: [`GET ${api}/:resourceId/actions/:action`, `ALL ${api}/:resourceId/actions/:action`],
    method: 'GET',
    address: `${api}/users/actions/list`,
    expected: call('200'),
  },
  {
    routes: [`POST ${api}/:resourceId/actions/:action`],
    method: 'POST',
    address: `${api}/users/actions/new`,
    expected: call('403 not_allowed'),
  },
  { routes: [], method: 'POST', address: `${api}/users/actions/list`, expected: call('405 method_not_allowed') },
  { routes: [], method: 'GET', address: `${api}/users/actions/new`, expected: call('405 method_not_allowed') },
  // Groups are for superusers; ordinary staff do not see who is a member.
  { routes: [], method: 'GET', address: `${api}/groups/actions/list`, expected: call('403 not_allowed', '200') },
  { routes: [], method: 'GET', address: '/admin/resources/groups', expected: page('404 not_found', '200') },
  {
    routes: [],
    method: 'POST',
    address: `${api}/groups/actions/new`,
    expected: call('403 not_allowed', '400 bad_request'),
  },
  {
    routes: [],
    method: 'POST',
    address: `${api}/user_groups/actions/new`,
    expected: call('403 not_allowed', '400 bad_request'),
  },
  {
    routes: [],
    method: 'POST',
    address: `${api}/user_groups/records/2147483647/delete`,
    expected: call('403 not_allowed', '404 not_found'),
  },
  { routes: [], method: 'POST', address: `${api}/users/actions/export`, expected: call('403 not_allowed', '200') },
  { routes: [], method: 'GET', address: `${api}/users/actions/export`, expected: call('405 method_not_allowed') },
  { routes: [], method: 'GET', address: `${api}/users/actions/promote`, expected: call('404 not_found') },
  { routes: [], method: 'GET', address: `${api}/sessions/actions/list`, expected: call('404 not_found') },
  {
    routes: [`GET ${api}/:resourceId/actions/:action/:query`, `ALL ${api}/:resourceId/actions/:action/:query`],
    method: 'GET',
    address: `${api}/users/actions/search/person`,
    expected: call('200'),
  },
  {
    routes: [],
    method: 'POST',
    address: `${api}/users/actions/search/person`,
    expected: call('405 method_not_allowed'),
  },
  {
    routes: [`GET ${api}/:resourceId/records/:recordId/:action`, `ALL ${api}/:resourceId/records/:recordId/:action`],
    method: 'GET',
    address: `${api}/users/records/%id/show`,
    expected: call('200'),
  },
  {
    routes: [`POST ${api}/:resourceId/records/:recordId/:action`],
    method: 'POST',
    address: `${api}/users/records/%id/edit`,
    expected: call('200'),
  },
  {
    routes: [],
    method: 'POST',
    address: `${api}/users/records/%superuser/edit`,
    expected: call('403 not_allowed', '200'),
  },
  ...['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor'].flatMap((action): RouteRow[] => {
    const row = (person: string) => ({ routes: [], address: `${api}/users/records/${person}/${action}` })
    return [
      { ...row('%id'), method: 'GET', expected: call('405 method_not_allowed') },
      // The form of an invitation is empty here, so that a superuser gets as far as its errors.
      {
        ...row('%superuser'),
        method: 'POST',
        expected: call('403 not_allowed', action === 'invite' ? '400 bad_request' : '200'),
      },
      { ...row('2147483647'), method: 'POST', expected: call('404 not_found') },
    ]
  }),
  {
    routes: [],
    method: 'GET',
    address: '/admin/resources/users/records/%id/resetSecondFactor',
    expected: page('200'),
  },
  {
    routes: [],
    method: 'POST',
    address: `${api}/phone_devices/records/2147483647/delete`,
    expected: call('404 not_found'),
  },
  { routes: [], method: 'POST', address: `${api}/users/records/%id/delete`, expected: call('403 not_allowed') },
  { routes: [], method: 'POST', address: `${api}/audit_events/records/1/edit`, expected: call('403 not_allowed') },
  { routes: [], method: 'POST', address: `${api}/static_tokens/records/1/delete`, expected: call('403 not_allowed') },
  {
    routes: [],
    method: 'GET',
    address: `${api}/totp_devices/records/%device/delete`,
    expected: call('405 method_not_allowed'),
  },
  {
    routes: [],
    method: 'POST',
    address: `${api}/totp_devices/records/2147483647/delete`,
    expected: call('404 not_found'),
  },
  {
    routes: [`POST ${api}/:resourceId/bulk/:action`, `ALL ${api}/:resourceId/bulk/:action`],
    method: 'POST',
    address: `${api}/totp_devices/bulk/bulkDelete?recordIds=2147483647`,
    expected: call('404 not_found'),
  },
  {
    routes: [`GET ${api}/:resourceId/bulk/:action`],
    method: 'GET',
    address: `${api}/totp_devices/bulk/bulkDelete?recordIds=%device`,
    expected: call('405 method_not_allowed'),
  },

  // AdminJS's router has more paths than the site passes on to it.
  {
    routes: ['GET /admin/pages/:pageName'],
    method: 'GET',
    address: '/admin/pages/any',
    expected: page('404 not_found'),
  },
  {
    routes: ['GET /admin/api/pages/:pageName'],
    method: 'GET',
    address: '/admin/api/pages/any',
    expected: call('404 not_found'),
  },
  {
    routes: ['POST /admin/api/pages/:pageName'],
    method: 'POST',
    address: '/admin/api/pages/any',
    expected: call('404 not_found'),
  },
  {
    routes: [`GET ${api}/:resourceId/search`],
    method: 'GET',
    address: `${api}/users/search`,
    expected: call('404 not_found'),
  },
  {
    routes: [`GET ${api}/:resourceId/search/:query`],
    method: 'GET',
    address: `${api}/users/search/person`,
    expected: call('404 not_found'),
  },
  ...[
    'app.bundle.js',
    'components.bundle.js',
    'design-system.bundle.js',
    'global.bundle.js',
    'icomoon.css',
    'icomoon.eot',
    'icomoon.svg',
    'icomoon.ttf',
    'icomoon.woff',
    'logo-mini.svg',
    'logo.svg',
  ].map((name): RouteRow => {
    const address = `/admin/frontend/assets/${name}`
    return { routes: [`GET ${address}`], method: 'GET', address, expected: page('404 not_found') }
  }),
  // It crashes on this one if its own login is mounted.
  { routes: [], method: 'POST', address: '/admin/refresh-token', expected: page('404 not_found') },
]
