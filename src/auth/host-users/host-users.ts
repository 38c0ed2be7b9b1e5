import type { Clock } from '../../clock.js'
import { verifyPassword } from '../../crypto/hash-password.js'
import type { Database } from '../../db/connect.js'
import type { PasswordUser } from '../check-password.js'
import { closeShadow, findShadow, keepShadow, refreshShadow } from './shadow.js'
import { type HostUser, type KnownPerson, readPerson, type UsersAdapter } from './users-adapter.js'

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

/** People in an application's own table. */
export interface HostUsers {
  checkPassword(login: string, password: string): Promise<{ user: PasswordUser | null; knownId: number | null }>
  /** Asks about somebody who is signed in, or about to be. @returns the row as it is now; null: nobody any more */
  refresh<Row extends OwnedColumns>(row: Row): Promise<Row | null>
  /** Whether somebody may sign in, and this is his password. */
  isPasswordOf(externalId: string, password: string): Promise<boolean>
}

/** Logins are typed into the field that takes addresses, too. */
const LONGEST_LOGIN = 254

/** Puts an application's adapter between the site and its rows that stand for people of the application's. */
export function createHostUsers(adapter: UsersAdapter, services: { database: Database; clock: Clock }): HostUsers {
  const { database, clock } = services
  const find = cached(adapter, clock)
  return {
    async checkPassword(login, password) {
      const found = await findByLogin(adapter, login)
      if (!found) {
        await spendTime(adapter, password)
        return { user: null, knownId: await findShadow(database, '') }
      }
      const person = readPerson(found)
      const right = await isRight(adapter, found, password)
      if (!right || !person.isActive) return { user: null, knownId: await findShadow(database, person.id) }
      const shadow = await keepShadow(database, person, clock.now())
      return { user: { ...shadow, email: person.email, isStaff: person.isStaff }, knownId: shadow.id }
    },
    async refresh(row) {
      const found = row.external_id === null ? null : await find(row.external_id)
      const person = found && readPerson(found)
      if (person?.isActive && person.id === row.external_id) return bringUpToDate(database, row, person)
      await closeShadow(database, row.id)
      return null
    },
    async isPasswordOf(externalId, password) {
      const found = await adapter.find(externalId)
      return found && readPerson(found).isActive ? isRight(adapter, found, password) : false
    },
  }
}

async function findByLogin(adapter: UsersAdapter, typed: string): Promise<HostUser | null> {
  const login = typed.trim()
  const isLogin = login.length > 0 && login.length <= LONGEST_LOGIN && !login.includes('\0')
  return isLogin ? ((await adapter.findByLogin(login)) ?? null) : null
}

/** Whatever is not `true` is no: an adapter in JavaScript may well give an object. */
async function isRight(adapter: UsersAdapter, found: HostUser, password: string): Promise<boolean> {
  const answer: unknown = await adapter.checkPassword(found, password)
  return answer === true
}

async function spendTime(adapter: UsersAdapter, password: string): Promise<void> {
  if (adapter.checkNobody) await adapter.checkNobody(password)
  else await verifyPassword(null, password)
}

/** A row that is as the application has it costs no write. */
async function bringUpToDate<Row extends OwnedColumns>(
  database: Database,
  row: Row,
  person: KnownPerson,
): Promise<Row> {
  const { email, name, isStaff: is_staff, isSuperuser: is_superuser, epoch: external_epoch } = person
  const now = { email, name, is_staff, is_superuser, external_epoch, locale: person.locale ?? row.locale }
  const isSame =
    row.email === email &&
    row.name === name &&
    row.is_staff === is_staff &&
    row.is_superuser === is_superuser &&
    row.external_epoch === external_epoch &&
    row.locale === now.locale
  return isSame ? row : { ...row, ...now, auth_epoch: await refreshShadow(database, row.id, person) }
}

/** People remembered at once; a crowd that is larger is asked for again. */
const REMEMBERED = 10_000

function cached(adapter: UsersAdapter, clock: Clock): (id: string) => Promise<HostUser | null> {
  const milliseconds = (adapter.cacheSeconds ?? 0) * 1000
  const ask = async (id: string) => (await adapter.find(id)) ?? null
  if (milliseconds === 0) return ask
  const known = new Map<string, { person: HostUser | null; until: number }>()
  return async (id) => {
    const now = clock.now().getTime()
    const before = known.get(id)
    if (before && before.until > now) return before.person
    const person = await ask(id)
    if (known.size >= REMEMBERED) known.clear()
    known.set(id, { person, until: now + milliseconds })
    return person
  }
}
