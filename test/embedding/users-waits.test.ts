import { scryptSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostUser, UsersAdapter } from '../../src/auth/host-users/users-adapter.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { type Host, startHost } from './host.js'

interface Person extends HostUser {
  login: string
}

const LOGIN = '/account/login'
const FREE = 10
const PASSWORD = 'old bean soup'
const hash = (password: string) => scryptSync(password, 'salt', 32, { N: 1024 })
const right = hash(PASSWORD)
const people: Person[] = []
let compared = 0

/** Finds logins as most databases do, case-insensitively. */
const adapter: UsersAdapter<Person> = {
  findByLogin: async (login) => people.find((person) => person.login.toLowerCase() === login.toLowerCase()),
  find: async (id) => people.find((person) => String(person.id) === id),
  checkPassword: async (_person, password) => {
    compared += 1
    return hash(password).equals(right)
  },
  checkDummyPassword: async (password) => hash(password),
}

/** A user without a second factor, so that the password alone signs in. */
function add(login: string, traits: Partial<HostUser> = {}): Person {
  const id = `w-${people.length + 1}`
  const person = { id, login, email: `${id}@example.com`, isStaff: false, ...traits }
  people.push(person)
  return person
}

describe('passwords that an application verifies', () => {
  let host: Host
  beforeAll(async () => void (host = await startHost({ users: adapter, config: { TRUST_PROXY: '1' } })))
  afterAll(() => host.close())

  let senders = 0
  const enter = (username: string, password: string, browser: HttpBrowser = host.browser()) => {
    senders += 1
    const headers = { 'X-Forwarded-For': `198.51.${senders >> 8}.${senders & 255}` }
    return browser.visit(LOGIN, { method: 'POST', form: { username, password }, headers })
  }
  /** Submits incorrect passwords at the same time. @returns how many were verified */
  async function attack(username: string, times: number, browser?: HttpBrowser): Promise<number> {
    let checked = 0
    for (let attempt = 0; attempt < times; attempt += 1)
      if ((await enter(username, `wrong-${attempt}`, browser)).status === 422) checked += 1
    return checked
  }

  it('are throttled after ten incorrect ones from any IP address, and not passed to the application', async () => {
    add('ada')
    const before = compared
    expect(await attack('ada', 30)).toBe(FREE)
    expect(compared).toBe(before + FREE)
    const rejected = await enter('ada', PASSWORD)
    expect(rejected).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    expect(rejected.headers['retry-after']).toBe('1')
    expect(compared).toBe(before + FREE)
    host.clock.advance(1)
    expect((await enter('ada', PASSWORD)).status).toBe(303)
  })

  it('are no longer verified after 100 incorrect ones, and again after 30 days', async () => {
    add('bea')
    let checked = 0
    for (let attempt = 0; attempt < 400; attempt += 1) {
      const { status, headers } = await enter('bea', `wrong-${attempt}`)
      const wait = Number(headers['retry-after'] ?? 0)
      if (wait > 3600) break
      if (status === 422) checked += 1
      else host.clock.advance(wait)
    }
    expect(checked).toBe(100)
    expect((await enter('bea', PASSWORD)).status).toBe(429)
    host.clock.advance(30 * 86_400)
    expect((await enter('bea', PASSWORD)).status).toBe(303)
  })

  it('of others do not throttle the owner in a browser where they have signed in', async () => {
    add('cleo')
    const own = host.browser()
    expect((await enter('cleo', PASSWORD, own)).status).toBe(303)
    own.cookies.delete('otp_session')
    expect(await attack('cleo', 30)).toBe(FREE)
    expect((await enter('cleo', PASSWORD)).status).toBe(429)
    expect((await enter('cleo', 'a slip', own)).status).toBe(422)
    expect((await enter('cleo', PASSWORD, own)).status).toBe(303)
    // The browser is known only for this user.
    own.cookies.delete('otp_session')
    add('dora')
    expect(await attack('dora', FREE)).toBe(FREE)
    expect((await enter('dora', PASSWORD, own)).status).toBe(429)
  })

  it('are also limited in a browser where the owner has signed in', async () => {
    add('eli')
    const own = host.browser()
    expect((await enter('eli', PASSWORD, own)).status).toBe(303)
    own.cookies.delete('otp_session')
    expect(await attack('eli', 30, own)).toBe(FREE)
  })

  it.each([
    ['an account that has signed in here before', [303], {}],
    ['an account that has never signed in here', [], {}],
    ['an inactive account', [], { isActive: false }],
  ])('get the same responses for an unknown login as for %s', async (_what, before, traits) => {
    const { login } = add(`known${people.length}`, traits)
    for (const status of before) expect((await enter(login, PASSWORD)).status).toBe(status)
    const nobody = `other${people.length}`
    const seen = async (username: string) => {
      const answers: unknown[] = []
      for (let attempt = 0; attempt < 16; attempt += 1) {
        const { status, code, text, headers } = await enter(username, 'wrong')
        answers.push([status, code, headers['retry-after'], text.replaceAll(username, '…')])
        if (attempt > 12) host.clock.advance(Number(headers['retry-after'] ?? 0))
      }
      return answers
    }
    expect(await seen(login)).toEqual(await seen(nobody))
  })

  const spellings = [
    ['capitals', (login: string) => login.toUpperCase()],
    ['spaces around it', (login: string) => `  ${login} `],
    ['decomposed letters', (login: string) => login.normalize('NFD')],
    ['invisible characters', (login: string) => `\u200b${login.slice(0, 2)}\u2060${login.slice(2)}`],
  ] as const
  const owners = ['an account', 'nobody'] as const
  const logins = [
    ['a name', (id: number) => `jos\u00e9${id}`],
    ['an email address', (id: number) => `jos\u00e9${id}@example.com`],
  ] as const
  const table = spellings.flatMap(([how, typed]) =>
    logins.flatMap(([what, make]) => owners.map((who) => ({ how, typed, what, make, who }))),
  )

  it.each(table)('are counted together with $how, if the login of $who is $what', async ({ typed, make, who }) => {
    const login = make((senders += 1))
    if (who === 'an account') add(login)
    expect(await attack(login, FREE)).toBe(FREE)
    expect((await enter(typed(login), PASSWORD)).status).toBe(429)
    host.clock.advance(1)
    expect(await attack(typed(login), 1)).toBe(1)
    expect((await enter(login, PASSWORD)).status).toBe(429)
  })

  it('submitted at the same time are not verified more often', async () => {
    add('flo')
    const answers = await Promise.all(Array.from({ length: 30 }, () => enter('flo', 'wrong')))
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(FREE)
  })
})
