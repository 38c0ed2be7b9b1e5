import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loggablePath } from '../../src/http/paths/loggable-path.js'

const token = 'Zm9vYmFyLTEyMzQ1Njc4OTAtYWJjZGVmZ2hpamtsbW5'
const linkPaths = ['/account/invitation/', '/account/password/reset/', '/account/email/confirm/']

/** Percent-encodes the characters at the positions that are true. */
const escaped = (text: string, which: readonly boolean[]) =>
  text
    .split('')
    .map((character, at) => (which[at] ? `%${character.charCodeAt(0).toString(16)}` : character))
    .join('')

describe('a path in the log', () => {
  it.each([
    '/account/login',
    '/admin/resources/users/records/12/show',
    '/admin/api/resources/users/actions/list',
    '/account/two-factor/phones/3/delete',
    '/caf%C3%A9',
    '/%zz',
    '*',
  ])('is unchanged if nothing in it is secret: %s', (path) => {
    expect(loggablePath(path)).toBe(path)
  })

  it('has no query', () => {
    expect(loggablePath('/account/login?next=/admin')).toBe('/account/login')
  })

  it.each(linkPaths)('never contains the token after %s, in any encoding', (prefix) => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 43, maxLength: 43 }), fc.boolean(), (which, again) => {
        const once = escaped(token, which)
        const logged = loggablePath(`${prefix}${again ? once.replaceAll('%', '%25') : once}?lang=de`)
        expect(logged).toBe(`${prefix}:token`)
      }),
    )
  })

  it.each([
    `/ACCOUNT/Invitation/${token.slice(0, 20)}`,
    `/account//invitation//${token.slice(0, 20)}`,
    `/account/invitation/${token.slice(0, 20)}/${token.slice(20)}`,
    `/account%2Finvitation%2F${token.slice(0, 20)}`,
    `/account/%69nvitation/${token.slice(0, 20)}%zz`,
    `http://localhost/account/password/reset/${token.slice(0, 20)}`,
    `/somewhere/${token}`,
  ])('contains no part of a token if the path only resembles a link: %s', (path) => {
    expect(loggablePath(path)).not.toContain(token.slice(0, 20))
  })

  it.each([
    '/admin/api/resources/users/actions/search/alice@example.com',
    '/admin/api/resources/users/actions/search/alice%40example.com',
    '/admin/api/resources/users/%61ctions/search/alice%2Falice',
    '/api/resources/users/actions/search/alice',
  ])('does not contain the search term: %s', (path) => {
    expect(loggablePath(path)).toMatch(/\/resources\/users\/actions\/search\/:query$/)
  })

  it.each([
    ['/\u009b31m', '/%9B31m'],
    ['/\u001b[31m', '/%1B[31m'],
    ['/a\r\nb', '/a%0D%0Ab'],
    ['/%0aerror: no/account/invitation/x', '/%0Aerror:%20no/account/invitation/:token'],
    ['/\u00e9', '/%E9'],
  ])('has no control character: %j', (target, path) => {
    expect(loggablePath(target)).toBe(path)
  })

  it('is cut after 500 characters', () => {
    expect(loggablePath(`/${'a/'.repeat(400)}`)).toHaveLength(500)
  })
})
