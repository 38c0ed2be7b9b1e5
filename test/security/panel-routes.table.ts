import { all, type Expected, LOGIN, type RouteRow } from './route-row.js'

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
const leadsTo = (address: string): Expected => all(`302 ${address}`)

const api = '/admin/api/resources'

/** The panel. `%id` is a user's ID, `%device` a device's: both belong to another user. */
export const panelRouteTable: readonly RouteRow[] = [
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
    expected: call('400 bad_request'),
  },
  { routes: [], method: 'POST', address: `${api}/users/actions/list`, expected: call('405 method_not_allowed') },
  { routes: [], method: 'GET', address: `${api}/users/actions/new`, expected: call('405 method_not_allowed') },
  // Only superusers change groups; the staff here are Administrators, who see them.
  { routes: [], method: 'GET', address: `${api}/groups/actions/list`, expected: call('200') },
  { routes: [], method: 'GET', address: '/admin/resources/groups', expected: page('200') },
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
