import { z } from 'zod'
import { SiteError } from '../../errors.js'
import { runHostCode } from '../../host-code.js'
import { readMailbox } from '../../typed-text/read-email.js'
import { cleanName } from '../../typed-text/read-name.js'
import { within } from '../../within.js'

/** A user in the host application's table, with the properties that the site needs. */
export interface HostUser {
  /** Never reused for another user. `1` and `'1'` are the same user. At most 255 characters. */
  id: string | number
  /** Address for emails. Two users can have the same one. */
  email: string
  name?: string | undefined
  /** Whether the user can enter the panel. */
  isStaff: boolean
  /** Whether the user can do everything there. Default: false. */
  isSuperuser?: boolean | undefined
  /** Whether the user can sign in. Default: true. */
  isActive?: boolean | undefined
  /** Language of pages and emails, for example `de`. Null or omitted: the user chooses on the site. */
  locale?: string | null | undefined
  /**
   * A value that changes when all sessions of this user must end, for example a hash of the password
   * hash. At most 255 characters. Omitted: only the site itself ends sessions.
   */
  epoch?: string | number | null | undefined
}

/**
 * Connects the site with the host application's users. Passwords, email addresses, names and flags
 * stay in the host's table. The site stores devices, sessions and groups, and one row for each user.
 * If a method throws, the response is 500 and nothing is changed. If it does not respond in time,
 * the response is 503.
 *
 * @example
 * const users: UsersAdapter = {
 *   findByLogin: (login) => People.findOne({ where: { login: login.toLowerCase() } }),
 *   find: (id) => People.findByPk(id),
 *   checkPassword: (person, password) => bcrypt.compare(password, person.hash),
 * }
 */
export interface UsersAdapter<Person extends HostUser = HostUser> {
  /**
   * Finds a user who signs in.
   *
   * @param login 1 to 254 characters: an email address as `readEmail` reads it, with its capitals, or another
   *   login without surrounding blanks and invisible characters
   */
  findByLogin(login: string): Promise<Person | null | undefined>
  /**
   * Finds a user by ID. Called on every request from a signed-in user; null ends the session.
   *
   * @param id always as text
   */
  find(id: string): Promise<Person | null | undefined>
  /**
   * Checks a password.
   *
   * @param person as `findByLogin` or `find` returned it
   * @param password exactly as typed, not normalised
   * @returns true if the password is correct
   */
  checkPassword(person: Person, password: string): Promise<boolean>
  /**
   * Takes as long as `checkPassword`, for an unknown login: compare with a dummy hash. If it is
   * missing, the site compares with its own kind of hash (argon2id, 19 MiB). If yours takes another
   * time, the time of a response reveals which logins exist.
   */
  checkDummyPassword?(password: string): Promise<unknown>
  /** Seconds for which a result of `find` can be used again. Default: 0. */
  cacheSeconds?: number
  /**
   * Seconds within which each method has to respond, up to 3600. Default: 10. After that the
   * response is 503, and the method's result is ignored.
   */
  timeoutSeconds?: number
}

const plain = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u)

const hostUser = z.object({
  id: z.union([plain(255).min(1), z.int()]).transform(String),
  email: z.string().transform(readMailbox).pipe(z.string()),
  // Cleaned instead of rejected, because nobody can be prompted for another name here.
  name: plain(150).transform(cleanName).optional().default(''),
  isStaff: z.boolean(),
  isSuperuser: z.boolean().optional().default(false),
  isActive: z.boolean().optional().default(true),
  locale: plain(16)
    .nullish()
    .transform((locale) => locale ?? null),
  epoch: z
    .union([plain(255), z.int()])
    .nullish()
    .transform((epoch) => (epoch === undefined || epoch === null ? null : String(epoch))),
})

/** A validated user with all properties set. */
export type ParsedHostUser = z.output<typeof hostUser>

/**
 * Validates a user that an adapter returned. Only the properties above are read, from wherever
 * they are defined (own properties, getters, a model's prototype).
 *
 * @throws SiteError `host_user_invalid`, which names the fields but not their values
 */
export function parseHostUser(user: HostUser): ParsedHostUser {
  const { id, email, name, isStaff, isSuperuser, isActive, locale, epoch } = user
  const read = hostUser.safeParse({ id, email, name, isStaff, isSuperuser, isActive, locale, epoch })
  if (read.success) return read.data
  const fields = [...new Set(read.error.issues.map(({ path }) => String(path[0])))]
  throw new SiteError(
    'host_user_invalid',
    `The users adapter returned a user with invalid fields: ${fields.join(', ')}.`,
    'See HostUser in docs/guides/own-users.md for the allowed values.',
  )
}

/** A user as the adapter returned it (`given`), and as the site parsed it. */
export interface FoundPerson {
  person: ParsedHostUser
  given: HostUser
}

/**
 * Finds a user by the host's ID. An adapter can compare loosely, as a database does with `7` and `07`,
 * so a user with another ID is ignored.
 */
export async function findHostUser(adapter: UsersAdapter, id: string): Promise<FoundPerson | null> {
  const returned = await callAdapter(adapter, (users) => users.find(id))
  const person = returned && parseHostUser(returned)
  return returned && person?.id === id ? { person, given: returned } : null
}

/** Seconds within which an adapter has to respond, unless it sets another number. */
const DEFAULT_TIMEOUT = 10
/** Seconds. A timer cannot wait longer than 24 days; with a larger value it fires immediately. */
const MAX_TIMEOUT = 3600

/**
 * Calls a host application's adapter with a time limit, so that a request does not wait forever.
 * The adapter's own work continues, and its result is ignored.
 *
 * @throws SiteError `host_users_silent`
 */
export async function callAdapter<Answer>(
  adapter: UsersAdapter,
  question: (adapter: UsersAdapter) => Answer | Promise<Answer>,
): Promise<Answer> {
  return await runHostCode(async () => {
    const seconds = timeoutOf(adapter)
    const call = async () => ({ result: await question(adapter) })
    const response = await within(seconds * 1000, call())
    if (!response) throw timedOut(seconds)
    return response.result
  })
}

/** An adapter in JavaScript can set any value. None of them may mean "forever" or "not at all". */
function timeoutOf({ timeoutSeconds: seconds = DEFAULT_TIMEOUT }: UsersAdapter): number {
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_TIMEOUT) : DEFAULT_TIMEOUT
}

const timedOut = (seconds: number): SiteError =>
  new SiteError(
    'host_users_silent',
    `The users adapter did not respond within ${seconds} seconds.`,
    'Check what it waits for, or set its timeoutSeconds.',
  )
