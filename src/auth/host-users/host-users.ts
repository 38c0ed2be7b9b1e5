import { type Clock, isRunning } from '../../clock.js'
import { spendComparison } from '../../crypto/hash-password.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import { hostLogin, type PasswordSubject, type TypedLogin } from '../../otp/throttle/password-waits.js'
import { readLogin } from '../../typed-text/read-email.js'
import { deactivateMirror, findMirror, upsertMirror, updateMirror } from './mirror-user.js'
import {
  callAdapter,
  findHostUser,
  type FoundPerson,
  type HostUser,
  type ParsedHostUser,
  parseHostUser,
  type UsersAdapter,
} from './users-adapter.js'

/** A user whose password was correct. */
export interface PasswordUser {
  id: number
  email: string
  isStaff: boolean
  authEpoch: number
}

/** The result of looking up a login, before the password is checked. An unknown login takes the same steps. */
export interface FoundLogin {
  login: TypedLogin
  subject: PasswordSubject | null
  /** Null if the login is unknown, or the host application's user has not signed in here yet. */
  userId: number | null
  /** Checks the password. Null if it is incorrect or the user is inactive. */
  check(password: string): Promise<PasswordUser | null>
  /** Takes as long as the check of an incorrect password. */
  reject(password: string): Promise<null>
}

/** The columns of `users` whose values come from the host application. */
export interface HostColumns {
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

/** A row with the user exactly as the adapter returned it. */
export type WithPerson<Row> = Row & { person: HostUser }

/** The users in a host application's table. */
export interface HostUsers {
  /** Looks up a login. Nothing is checked yet. */
  findLogin(login: string): Promise<FoundLogin>
  /** Refreshes the row of a user who is signed in or about to be. Null if the user no longer exists. */
  refresh<Row extends HostColumns>(row: Row): Promise<WithPerson<Row> | null>
  /**
   * Updates these rows from the host application before a decision is based on them. Calls the
   * adapter regardless of `cacheSeconds`, and outside of any transaction.
   */
  refreshRows(ids: readonly number[]): Promise<void>
  /** Whether a user is active and this is their password. */
  isPasswordOf(externalId: string, password: string): Promise<boolean>
}

/** Characters. Logins and email addresses are typed into the same field. */
const LONGEST_LOGIN = 254

/** Connects a host application's adapter with the rows of `users` that mirror its users. */
export function createHostUsers(adapter: UsersAdapter, services: { database: Database; clock: Clock }): HostUsers {
  const { database, clock } = services
  const memory = rememberFor(adapter.cacheSeconds ?? 0, clock)
  return {
    async findLogin(login) {
      const found = await findByLogin(adapter, login)
      const person = found && parseHostUser(found)
      return {
        login: hostLogin(login),
        subject: person ? `external:${person.id}` : null,
        userId: await findMirror(database, person?.id ?? ''),
        async check(password) {
          if (!found || !person) return spendTime(adapter, password)
          if (!(await isRight(adapter, found, password)) || !person.isActive) return null
          const shadow = await upsertMirror(database, person, clock.now())
          memory.keep({ person, given: found })
          return { ...shadow, email: person.email, isStaff: person.isStaff }
        },
        reject: (password) => spendTime(adapter, password),
      }
    },
    async refresh(row) {
      const before = memory.recall(row.external_id)
      // A cached user saves a call and changes nothing, because the row may be newer.
      if (before && isAsKnown(row, before.person)) return { ...row, person: before.given }
      const found = row.external_id === null ? null : await findHostUser(adapter, row.external_id)
      if (!found?.person.isActive) {
        await deactivateMirror(database, row.id)
        return null
      }
      memory.keep(found)
      const { person, given } = found
      const now = isAsKnown(row, person) ? row : await updateRow(database, row, person)
      return { ...now, person: given }
    },
    async refreshRows(ids) {
      const rows = await runStatement<{ id: number; externalId: string }>(database, undefined, HOST_ROWS, { ids })
      for (const row of rows) await refreshPerson(adapter, database, row)
    },
    async isPasswordOf(externalId, password) {
      const found = await callAdapter(adapter, (users) => users.find(externalId))
      const person = found && parseHostUser(found)
      const isActive = person?.isActive === true && person.id === externalId
      return found && isActive ? isRight(adapter, found, password) : false
    },
  }
}

/** Also updates deactivated users: they could be reactivated, and then need their current flags. */
async function refreshPerson(
  adapter: UsersAdapter,
  database: Database,
  { id, externalId }: { id: number; externalId: string },
): Promise<void> {
  const person = (await findHostUser(adapter, externalId))?.person
  if (person) await updateMirror(database, id, person)
  if (!person?.isActive) await deactivateMirror(database, id)
}

const HOST_ROWS = `
select id, external_id as "externalId" from users where id = any($ids) and external_id is not null order by id`

async function findByLogin(adapter: UsersAdapter, typed: string): Promise<HostUser | null> {
  const login = readLogin(typed)
  const isLogin = login.length > 0 && login.length <= LONGEST_LOGIN && !login.includes('\0')
  return isLogin ? ((await callAdapter(adapter, (users) => users.findByLogin(login))) ?? null) : null
}

/** Checks a password. Only `true` is accepted: an adapter in JavaScript could return an object. */
async function isRight(adapter: UsersAdapter, found: HostUser, password: string): Promise<boolean> {
  const answer: unknown = await callAdapter(adapter, (users) => users.checkPassword(found, password))
  return answer === true
}

async function spendTime(adapter: UsersAdapter, password: string): Promise<null> {
  if (adapter.checkDummyPassword) await callAdapter(adapter, (users) => users.checkDummyPassword?.(password))
  else await spendComparison(password)
  return null
}

/** Whether a row needs no update. If the adapter returns no language, the user's choice on this site remains. */
function isAsKnown(row: HostColumns, person: ParsedHostUser): boolean {
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

async function updateRow<Row extends HostColumns>(database: Database, row: Row, person: ParsedHostUser): Promise<Row> {
  const { email, name, isStaff: is_staff, isSuperuser: is_superuser, epoch: external_epoch } = person
  const now = { email, name, is_staff, is_superuser, external_epoch, locale: person.locale ?? row.locale }
  return { ...row, ...now, auth_epoch: await updateMirror(database, row.id, person) }
}

/** Users in the cache at most. With more, it is cleared. */
const MAX_CACHED = 10_000

interface Memory {
  /** Returns a cached user. Null if there is none, or it is too old. */
  recall(id: string | null): FoundPerson | null
  keep(found: FoundPerson): void
}

/** Caches each user that the adapter returned, for as long as it allows. */
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
      if (known.size >= MAX_CACHED) known.clear()
      known.set(found.person.id, { found, until: now() + seconds * 1000 })
    },
  }
}
