import { fresh, kept, type RouteRow, ruled } from './route-row.js'

/** Verified; other users are redirected to the sign-in. */
const verified = (answer: string): RouteRow['expected'] => {
  const away = '302 /account/login'
  return [away, away, away, away, answer, answer, answer]
}

const devices = '/account/two-factor/devices'
const tokens = '/account/two-factor/hardware-tokens'

/** A page with a form, and the submitted form. `%device` is another user's. */
const pair = (route: string, address: string, shown: string, posted: string, expect = kept): RouteRow[] => [
  { routes: [`GET ${route}`], method: 'GET', address, expected: expect(shown) },
  { routes: [`POST ${route}`], method: 'POST', address, expected: expect(posted) },
]

const rows: readonly RouteRow[] = [
  { routes: ['GET /account/verify'], method: 'GET', address: '/account/verify', expected: verified('200') },
  {
    routes: ['POST /account/verify'],
    method: 'POST',
    address: '/account/verify',
    expected: verified('422 token_required'),
  },
  ...pair(`${devices}/:kind/:id/rename`, `${devices}/totp/%device/rename`, '404 not_found', '404 not_found'),
  ...pair(`${devices}/:kind/:id/remove`, `${devices}/totp/%device/remove`, '404 not_found', '404 not_found'),
  {
    routes: [`POST ${devices}/:kind/:id/default`],
    method: 'POST',
    address: `${devices}/totp/%device/default`,
    expected: kept('404 not_found'),
  },
  { routes: [], method: 'GET', address: `${devices}/totp/%device/default`, expected: ruled('405 method_not_allowed') },
  ...pair(`${tokens}/add`, `${tokens}/add`, '200', '422 name_invalid', fresh),
  ...pair(`${tokens}/:id/confirm`, `${tokens}/%device/confirm`, '404 not_found', '404 not_found', fresh),
  ...pair(`${tokens}/:id/synchronise`, `${tokens}/%device/synchronise`, '404 not_found', '404 not_found'),
  ...pair('/account/password/change', '/account/password/change', '200', '422 invalid_password'),
  ...pair('/account/email', '/account/email', '200', '422 email_invalid'),
  ...pair('/account/language', '/account/language', '200', '400 bad_request', fresh),
  {
    routes: ['GET /account/email/confirm/:token'],
    method: 'GET',
    address: '/account/email/confirm/none',
    expected: ruled('404 link_invalid'),
  },
  {
    routes: ['POST /account/email/confirm/:token'],
    method: 'POST',
    address: '/account/email/confirm/none',
    expected: ruled('404 link_invalid'),
  },
  {
    routes: ['POST /account/two-factor/refused-tries'],
    method: 'POST',
    address: '/account/two-factor/refused-tries',
    expected: kept('303 /account/two-factor'),
  },
  {
    routes: ['POST /account/two-factor/sessions/end'],
    method: 'POST',
    address: '/account/two-factor/sessions/end',
    expected: kept('404 not_found'),
  },
  {
    routes: ['POST /account/two-factor/sessions/others'],
    method: 'POST',
    address: '/account/two-factor/sessions/others',
    expected: kept('303 /account/two-factor?done=sessions_ended'),
  },
  // Nothing is selected, so everyone continues. For the checkbox see test/journeys/trusted-browsers.test.ts.
  {
    routes: ['POST /account/two-factor/browsers/trust'],
    method: 'POST',
    address: '/account/two-factor/browsers/trust',
    expected: ruled('303 /account/two-factor'),
  },
  {
    routes: ['POST /account/two-factor/browsers/end'],
    method: 'POST',
    address: '/account/two-factor/browsers/end',
    expected: kept('404 not_found'),
  },
  {
    routes: ['POST /account/two-factor/browsers/end-all'],
    method: 'POST',
    address: '/account/two-factor/browsers/end-all',
    expected: kept('303 /account/two-factor?done=browsers_ended'),
  },
]

/** The pages for a user's own account. Those that need a recent token are requested right after the sign-in. */
export const ownAccountRouteTable = rows.map((row) => ({ ...row, ends: true as const }))
