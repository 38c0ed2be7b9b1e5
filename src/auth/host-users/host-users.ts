import { type Clock, isRunning } from '../../clock.js'
import { spendComparison } from '../../crypto/hash-password.js'
import type { Database } from '../../db/connect.js'
import type { FoundLogin } from '../found-login.js'
import { askAdapter } from './ask-adapter.js'
import { closeShadow, findShadow, keepShadow, refreshShadow } from './shadow.js'
import { type HostUser, type KnownPerson, readPerson, type UsersAdapter } from './users-adapter.js'
import { hostLogin } from '../../otp/password-waits.js'
import { readLogin } from '../../typed-text/read-email.js'

/** The columns of a row of `users` that its application owns. */
export interface OwnedColumns {
  id: number
  external_id: string | null
  external_epoch: string | null
  email: string
  name: string
  is_staff: boolean
  is_superuser: boolean
  locale: string | null
  auth_epoch: number
}

/** A row, with what the adapter said of the person: all of it, as it came. */
export type WithPerson<Row> = Row & { person: HostUser }

/** People in an application's own table. */
export interface HostUsers {
  /** Whom a login names. Nothing is checked yet. */
  findLogin(login: string): Promise<FoundLogin>
  /** Asks about somebody who is signed in, or about to be. @returns the row as it is now; null: nobody any more */
  refresh<Row extends OwnedColumns>(row: Row): Promise<WithPerson<Row> | null>
  /** Whether somebody may sign in, and this is his password. */
  isPasswordOf(externalId: string, password: string): Promise<boolean>
}

/** Logins are typed into the field that takes addresses, too. */
const LONGEST_LOGIN = 254

/** Puts an application's adapter between the site and its rows that stand for people of the application's. */
export function createHostUsers(adapter: UsersAdapter, services: { database: Database; clock: Clock }): HostUsers {
  const { database, clock } = services
  const memory = rememberFor(adapter.cacheSeconds ?? 0, clock)
  return {
    async findLogin(login) {
      const found = await findByLogin(adapter, login)
      const person = found && readPerson(found)
      return {
        login: hostLogin(login),
        subject: person ? `external:${person.id}` : null,
        userId: await findShadow(database, person?.id ?? ''),
        async check(password) {
          if (!found || !person) return spendTime(adapter, password)
          if (!(await isRight(adapter, found, password)) || !person.isActive) return null
          const shadow = await keepShadow(database, person, clock.now())
          memory.keep({ person, given: found })
          return { ...shadow, email: person.email, isStaff: person.isStaff }
        },
        reject: (password) => spendTime(adapter, password),
      }
    },
    async refresh(row) {
      const before = memory.recall(row.external_id)
      // An answer from memory spares a question and changes nothing: the row may be the newer of the two.
      if (before && isAsKnown(row, before.person)) return { ...row, person: before.given }
      const found = row.external_id === null ? null : await findById(adapter, row.external_id)
      if (!found?.person.isActive) {
        await closeShadow(database, row.id)
        return null
      }
      memory.keep(found)
      const { person, given } = found
      const now = isAsKnown(row, person) ? row : await bringUpToDate(database, row, person)
      return { ...now, person: given }
    },
    async isPasswordOf(externalId, password) {
      const found = await askAdapter(adapter, (asked) => asked.find(externalId))
      const person = found && readPerson(found)
      const isHe = person?.isActive === true && person.id === externalId
      return found && isHe ? isRight(adapter, found, password) : false
    },
  }
}

/** What an adapter gave, and what the site made of it. */
export interface FoundPerson {
  person: KnownPerson
  given: HostUser
}

/** An adapter may compare loosely, as a database does with `7` and `07`: somebody else is nobody. */
export async function findById(adapter: UsersAdapter, id: string): Promise<FoundPerson | null> {
  const given = await askAdapter(adapter, (asked) => asked.find(id))
  const person = given && readPerson(given)
  return given && person?.id === id ? { person, given } : null
}

async function findByLogin(adapter: UsersAdapter, typed: string): Promise<HostUser | null> {
  const login = readLogin(typed)
  const isLogin = login.length > 0 && login.length <= LONGEST_LOGIN && !login.includes('\0')
  return isLogin ? ((await askAdapter(adapter, (asked) => asked.findByLogin(login))) ?? null) : null
}

/** Whatever is not `true` is no: an adapter in JavaScript may well give an object. */
async function isRight(adapter: UsersAdapter, found: HostUser, password: string): Promise<boolean> {
  const answer: unknown = await askAdapter(adapter, (asked) => asked.checkPassword(found, password))
  return answer === true
}

async function spendTime(adapter: UsersAdapter, password: string): Promise<null> {
  if (adapter.checkNobody) await askAdapter(adapter, (asked) => asked.checkNobody?.(password))
  else await spendComparison(password)
  return null
}

/** A row that is as the application has it costs no write. A language that it does not say is the person's choice here. */
function isAsKnown(row: OwnedColumns, person: KnownPerson): boolean {
  return (
    person.isActive &&
    row.email === person.email &&
    row.name === person.name &&
    row.is_staff === person.isStaff &&
    row.is_superuser === person.isSuperuser &&
    row.external_epoch === person.epoch &&
    row.locale === (person.locale ?? row.locale)
  )
}

async function bringUpToDate<Row extends OwnedColumns>(
  database: Database,
  row: Row,
  person: KnownPerson,
): Promise<Row> {
  const { email, name, isStaff: is_staff, isSuperuser: is_superuser, epoch: external_epoch } = person
  const now = { email, name, is_staff, is_superuser, external_epoch, locale: person.locale ?? row.locale }
  return { ...row, ...now, auth_epoch: await refreshShadow(database, row.id, person) }
}

/** People remembered at once; a crowd that is larger is asked for again. */
const REMEMBERED = 10_000

interface Memory {
  /** @returns null: nothing, or nothing that may be used still */
  recall(id: string | null): FoundPerson | null
  keep(found: FoundPerson): void
}

/** What the application said last of each person, for as long as it allows. */
function rememberFor(seconds: number, clock: Clock): Memory {
  const now = () => clock.now().getTime()
  const known = new Map<string, { found: FoundPerson; until: number }>()
  return {
    recall(id) {
      const before = id === null ? undefined : known.get(id)
      return before && isRunning(new Date(before.until), seconds, clock.now()) ? before.found : null
    },
    keep(found) {
      if (seconds === 0) return
      if (known.size >= REMEMBERED) known.clear()
      known.set(found.person.id, { found, until: now() + seconds * 1000 })
    },
  }
}
