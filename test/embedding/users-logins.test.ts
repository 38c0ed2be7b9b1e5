import { scryptSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HostUser, UsersAdapter } from '../../src/auth/host-users/users-adapter.js'
import { unlockUser } from '../../src/auth/unlock-user.js'
import { noClient } from '../../src/client-info.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { type Host, startHost } from './host.js'

interface Person extends HostUser {
  login: string
}

const FREE = 10
const PASSWORD = 'old bean soup'
const hash = (password: string) => scryptSync(password, 'salt', 32, { N: 1024 })
const right = hash(PASSWORD)
const people: Person[] = []
let compared = 0

const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
const letters = (text: string) => plain(text).replace(/[^a-z0-9@]/g, '')

/** Ways in which adapters compare a submitted login with the one of a user. */
const finders: Readonly<Record<string, (person: Person, typed: string) => boolean>> = {
  'distinguishes capitals': ({ login }, typed) => login === typed,
  'ignores capitals': ({ login }, typed) => login.toLowerCase() === typed.toLowerCase(),
  'ignores accents': ({ login }, typed) => plain(login) === plain(typed),
  'distinguishes forms of Unicode': ({ login }, typed) => login === typed || login.normalize('NFD') === typed,
  'ignores everything but letters': ({ login }, typed) => letters(login) === letters(typed),
  'knows a username and an email address': ({ login, email }, typed) =>
    [login, email].some((known) => known.toLowerCase() === typed.toLowerCase()),
}
let isMeant = finders['ignores capitals']

const adapter: UsersAdapter<Person> = {
  findByLogin: async (typed) => people.find((person) => isMeant?.(person, typed)),
  find: async (id) => people.find((person) => String(person.id) === id),
  checkPassword: async (_person, password) => {
    compared += 1
    return hash(password).equals(right)
  },
  checkDummyPassword: async (password) => hash(password),
}

function add(login: string): Person {
  const id = `l-${people.length + 1}`
  const person = { id, login, email: `${login}@example.com`, isStaff: false }
  people.push(person)
  return person
}

describe('logins that the application compares in its own way', () => {
  let host: Host
  beforeAll(async () => void (host = await startHost({ users: adapter, worker: false, config: { TRUST_PROXY: '1' } })))
  afterAll(() => host.close())
  beforeEach(() => void (isMeant = finders['knows a username and an email address']))

  let senders = 0
  const elsewhere = () => `198.51.${(senders += 1) >> 8}.${senders & 255}`
  const enter = (
    username: string,
    password: string,
    { browser = host.browser(), from = elsewhere() }: { browser?: HttpBrowser; from?: string } = {},
  ) =>
    browser.visit('/account/login', {
      method: 'POST',
      form: { username, password },
      headers: { 'X-Forwarded-For': from },
    })

  /** @returns what a requester sees of each attempt */
  async function answersTo(logins: readonly string[]): Promise<unknown[]> {
    const answers = []
    for (const [attempt, login] of logins.entries()) {
      const { status, code, text, headers } = await enter(login, `wrong-${attempt}`)
      const wait = headers['retry-after']
      answers.push([status, code, wait, text.replaceAll(login, '…')])
      if (attempt > 12) host.clock.advance(Number(wait ?? 0))
    }
    return answers
  }

  const spellings: Readonly<Record<string, (login: string) => string>> = {
    capitals: (login) => login.toUpperCase(),
    'a capital letter': (login) => login.slice(0, 1).toUpperCase() + login.slice(1),
    'spaces around it': (login) => `  ${login} `,
    'decomposed letters': (login) => login.normalize('NFD'),
    'full-width letters': (login) =>
      login.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
    'no accents': plain,
    'another accent': (login) => login.replace('\u00e9', '\u00e8'),
    'invisible characters': (login) => `${login.slice(0, 2)}\u200b${login.slice(2)}`,
    'punctuation inside': (login) => `${login.slice(0, 2)}.${login.slice(2)}`,
    'its email address': (login) => `${login}@example.com`,
    'its email address in capitals': (login) => `${login}@example.com`.toUpperCase(),
  }
  const table = Object.keys(finders).flatMap((how) => Object.keys(spellings).map((spelling) => ({ how, spelling })))

  const asNobody = new Map<string, unknown[]>()
  it.each(table)('reveal nothing if an adapter that $how receives $spelling', async ({ how, spelling }) => {
    isMeant = finders[how]
    const respell = spellings[spelling] ?? String
    // Ten with one spelling, then ten with the other, then both in turn.
    const typed = (name: string) =>
      Array.from({ length: 18 }, (_, each) => (each < FREE || each % 2 ? name : respell(name)))
    const nobody = asNobody.get(spelling) ?? (await answersTo(typed(`jos\u00e9n${asNobody.size + 1}x`)))
    asNobody.set(spelling, nobody)
    const { login } = add(`jos\u00e9k${people.length + 1}y`)
    expect(await answersTo(typed(login))).toEqual(nobody)
  })

  /** Submits incorrect passwords with two logins in turn, and waits as long as each response requires. */
  async function guess(logins: readonly string[], times: number): Promise<void> {
    for (let attempt = 0; attempt < times; attempt += 1) {
      const { headers } = await enter(logins[attempt % logins.length] ?? '', `wrong-${attempt}`)
      const wait = Number(headers['retry-after'] ?? 0)
      if (wait > 3600) return
      host.clock.advance(wait)
    }
  }

  it('share 100 attempts if they belong to one user', async () => {
    const person = add('twice')
    const own = host.browser()
    expect((await enter(person.login, PASSWORD, { browser: own })).status).toBe(303)
    own.cookies.delete('otp_session')
    const before = compared
    await guess([person.login, person.email], 300)
    expect(compared).toBe(before + 100)
    // The response is that of an incorrect password, as for two unknown logins.
    expect(await enter(person.login, PASSWORD)).toMatchObject({ status: 429 })
    expect((await enter(person.login, PASSWORD, { browser: own })).status).toBe(303)
    const mails = (await queuedEmailsTo(host.database, person.email)).map(({ mail }) => mail)
    expect(mails.filter((mail) => mail === 'password-failed')).toHaveLength(1)
    expect(mails.filter((mail) => mail === 'password-locked')).toHaveLength(1)
  })

  it('do not reveal that they belong to one user', async () => {
    const person = add('pair')
    const answers = async (logins: string[]) =>
      answersTo(Array.from({ length: 240 }, (_, each) => logins[each % 2] ?? ''))
    expect(await answers([person.login, person.email])).toEqual(await answers(['nopair', 'nopair@example.com']))
  })

  it('accept a password again after 30 days', async () => {
    const person = add('later')
    await guess([person.login, person.email], 300)
    host.clock.advance(30 * 86_400)
    expect((await enter(person.email, PASSWORD)).status).toBe(303)
  })

  it('do not have more attempts if they are tried at the same time', async () => {
    const person = add('crowd')
    const before = compared
    const crowd = Array.from({ length: 40 }, (_, each) => enter(each % 2 ? person.login : person.email, 'wrong'))
    const checked = (await Promise.all(crowd)).filter(({ status }) => status === 422)
    expect(checked).toHaveLength(2 * FREE)
    expect(compared).toBe(before + 2 * FREE)
  })

  it('can be tried again after an administrator unlocks the account', async () => {
    const person = add('helped')
    // Also before a user had this login.
    await guess(['helped-since'], 12)
    person.login = 'helped-since'
    expect((await enter(person.email, PASSWORD)).status).toBe(303)
    await guess([person.email], 12)
    for (const login of [person.login, person.email]) {
      while ((await enter(login, 'wrong')).status === 422);
      expect((await enter(login, PASSWORD)).status).toBe(429)
    }
    const user = await host.database.models.User.findOne({ where: { external_id: person.id } })
    await host.database.sequelize.transaction((transaction) =>
      unlockUser(host.otp, transaction, { userId: user?.id ?? 0, actorId: null, client: noClient }),
    )
    for (const login of [person.login, person.email]) expect((await enter(login, PASSWORD)).status).toBe(303)
  })

  it('have the requester’s own failures cleared by a success', async () => {
    const person = add('own')
    const from = '203.0.113.9'
    for (let day = 0; day < 15; day += 1) {
      for (let slip = 0; slip < 9; slip += 1) expect((await enter(person.login, 'slip', { from })).status).toBe(422)
      expect((await enter(person.login, PASSWORD, { from })).status).toBe(303)
    }
  })

  it('do not let a user whose login differs only in case reset the failures of another', async () => {
    isMeant = finders['distinguishes capitals']
    const victim = add('mia')
    add('MIA')
    const from = '203.0.113.10'
    const before = compared
    for (let round = 0; round < 14; round += 1) {
      for (let attempt = 0; attempt < 9; attempt += 1) await enter('mia', 'wrong', { from })
      expect((await enter('MIA', PASSWORD, { from })).status).toBe(303)
    }
    expect(compared - before).toBe(100 + 14)
    const own = (await enter(victim.login, PASSWORD)).status
    expect(own).toBe(422)
  })
})
