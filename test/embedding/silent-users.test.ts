import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type UsersAdapter, callAdapter } from '../../src/auth/host-users/users-adapter.js'
import { createHostUsers } from '../../src/auth/host-users/host-users.js'
import { testClock } from '../support/clock.js'
import type { HttpResponse } from '../support/http-browser.js'
import { type Host, startHost } from './host.js'

type Method = 'findByLogin' | 'find' | 'checkPassword' | 'checkDummyPassword'

const login = '/account/login'
const bob = { id: 7, email: 'bob@example.com', isStaff: true }
/** The method that does not respond, and functions that reject its pending calls. */
let silent: Method | null = null
const release: (() => void)[] = []

function respond<T>(method: Method, value: T): Promise<T> {
  if (method !== silent) return Promise.resolve(value)
  return new Promise((_resolve, reject) => release.push(() => reject(new Error('the directory is unreachable'))))
}

// Responses that are available at once come before any timer, so a short limit delays nothing else.
const users: UsersAdapter = {
  timeoutSeconds: 0.05,
  findByLogin: (name) => respond('findByLogin', name === 'bob' ? bob : null),
  find: () => respond('find', bob),
  checkPassword: (_person, password) => respond('checkPassword', password === 'right'),
  checkDummyPassword: () => respond('checkDummyPassword', null),
}

describe('an adapter that does not respond', () => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({ users })
  })
  afterEach(async () => {
    silent = null
    // A response that comes too late must not end the process.
    for (const late of release.splice(0)) late()
    await new Promise((resolve) => setImmediate(resolve))
  })
  afterAll(() => host.close())

  const signIn = (username = 'bob', password = 'right') => host.browser().post(login, { username, password })
  const rows = async () => (await host.database.pool.query('select * from users order by id')).rows
  const unavailable = { status: 503, code: 'unavailable' }
  const summary = ({ status, code, headers }: HttpResponse) => ({ status, code, after: headers['retry-after'] })

  it.each<[Method, string, string]>([
    ['findByLogin', 'bob', 'right'],
    ['findByLogin', 'nobody', 'right'],
    ['checkPassword', 'bob', 'right'],
    ['checkPassword', 'bob', 'wrong'],
    ['checkDummyPassword', 'nobody', 'right'],
  ])(
    'answers a sign-in with 503 if %s hangs for %s with the %s password, and the next one correctly',
    async (...row) => {
      const [method, name, password] = row
      const before = await rows()
      silent = method
      const browser = host.browser()
      const rejected = await browser.post(login, { username: name, password })
      expect(summary(rejected)).toEqual({ ...unavailable, after: '5' })
      expect(rejected.text).not.toContain('adapter')
      expect(await rows()).toEqual(before)
      silent = null
      expect((await browser.get('/account/two-factor')).location).toMatch(/^\/account\/login/)
      expect((await signIn()).status).toBe(303)
    },
  )

  it('counts no failure for attempts that it delayed', async () => {
    silent = 'checkPassword'
    for (let attempt = 0; attempt < 12; attempt += 1) expect(await signIn('bob', 'wrong')).toMatchObject(unavailable)
    silent = null
    expect((await signIn()).status).toBe(303)
  })

  it('ends no session if find hangs: pages and panel return 503, and the user stays signed in', async () => {
    const browser = host.browser()
    expect((await browser.post(login, { username: 'bob', password: 'right' })).status).toBe(303)
    const guarded = () => browser.get('/account/two-factor/setup')
    expect((await guarded()).status).toBe(200)
    silent = 'find'
    expect(await guarded()).toMatchObject(unavailable)
    expect(await browser.get('/admin')).toMatchObject(unavailable)
    const call = await browser.get('/admin/api/resources/users/actions/list')
    expect(JSON.parse(call.text)).toMatchObject({ error: { code: 'unavailable' } })
    expect(summary(call)).toMatchObject({ status: 503, after: '5' })
    silent = null
    expect((await guarded()).status).toBe(200)
    expect(host.log.join('')).toContain('host_users_silent')
  })

  it('changes no row of the users that a call refreshes', async () => {
    await signIn()
    const before = await rows()
    silent = 'find'
    const ids = before.map(({ id }) => id)
    const { refreshRows } = createHostUsers(users, { database: host.database, clock: testClock() })
    await expect(refreshRows(ids)).rejects.toMatchObject({ code: 'host_users_silent' })
    expect(await rows()).toEqual(before)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e12])('can have a limit of %d seconds', async (limit) => {
    const late = callAdapter({ ...users, timeoutSeconds: limit }, async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'late'
    })
    expect(await late).toBe('late')
  })

  it('passes on what methods of a class throw and return, with their own `this`', async () => {
    class Directory {
      timeoutSeconds = 0.05
      known = bob
      findByLogin = async () => this.known
      checkPassword = async () => true
      async find() {
        return this.known
      }
    }
    expect(await callAdapter(new Directory(), (adapter) => adapter.find('7'))).toBe(bob)
    const error = new Error('gone')
    const thrown = callAdapter(users, () => {
      throw error
    })
    await expect(thrown).rejects.toBe(error)
    expect(await callAdapter(users, () => undefined)).toBe(undefined)
  })
})
