import { z } from 'zod'
import { SiteError } from '../../errors.js'
import { readMailbox } from '../../typed-text/read-email.js'
import { cleanName } from '../../typed-text/read-name.js'

/** Somebody in an application's own table of users, as the site needs to know him. */
export interface HostUser {
  /** Never used again for somebody else. `1` and `'1'` are the same person; at most 255 characters. */
  id: string | number
  /** Where mails go. Two people may have the same one. */
  email: string
  name?: string | undefined
  /** May enter the panel. */
  isStaff: boolean
  /** May do everything there. `false` where nothing is said. */
  isSuperuser?: boolean | undefined
  /** May sign in at all. `true` where nothing is said. */
  isActive?: boolean | undefined
  /** Language of pages and mails, for example `de`; null or nothing: what the person chooses here. */
  locale?: string | null | undefined
  /**
   * Changes when all sessions of this person are to end, for example a hash of the password's
   * hash; at most 255 characters. Nothing: only the site itself ends sessions.
   */
  epoch?: string | number | null | undefined
}

/**
 * The application's own table of users. Passwords, addresses, names and flags stay there, and
 * are asked for; the site keeps devices, sessions and groups, with a row that stands for the person.
 * Whatever a method throws is a fault: the request is answered with 500 and nothing is changed.
 * A method that does not answer in time is one as well, with 503.
 *
 * @example
 * const users: UsersAdapter = {
 *   findByLogin: (login) => People.findOne({ where: { login: login.toLowerCase() } }),
 *   find: (id) => People.findByPk(id),
 *   checkPassword: (person, password) => bcrypt.compare(password, person.hash),
 * }
 */
export interface UsersAdapter<Person extends HostUser = HostUser> {
  /** Finds somebody who signs in. @param login an email address as `readEmail` reads it, with its capitals; any other login without blanks around it and characters that nobody sees; from 1 to 254 characters */
  findByLogin(login: string): Promise<Person | null | undefined>
  /** Finds somebody again. @param id as text. Asked at every request of somebody who is signed in; null ends the session */
  find(id: string): Promise<Person | null | undefined>
  /** @param person as `findByLogin` or `find` gave him. @param password exactly as typed, not normalised. @returns true where the password is his */
  checkPassword(person: Person, password: string): Promise<boolean>
  /**
   * Takes as long as `checkPassword` does, for a login that nobody has: compare with a dummy
   * hash. Where it is missing one is compared as the site hashes by itself (argon2id, 19 MiB),
   * and another hash of yours shows by its time who is known.
   */
  checkNobody?(password: string): Promise<unknown>
  /** Seconds for which an answer of `find` may be used again; 0 where nothing is said. */
  cacheSeconds?: number
  /**
   * Seconds that each method may take, up to 3600; 10 where nothing is said. After that the
   * request is answered with 503, and what the method says later is not used.
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
  // Nobody can be asked for another name here.
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

/** The same, checked, with nothing left out. */
export type KnownPerson = z.output<typeof hostUser>

/**
 * Checks what an adapter gave. Only the fields above are read, wherever they come from
 * (properties, getters, a model's prototype).
 *
 * @throws SiteError `host_user_invalid`, which names the fields and not what is in them
 */
export function readPerson(given: HostUser): KnownPerson {
  const { id, email, name, isStaff, isSuperuser, isActive, locale, epoch } = given
  const read = hostUser.safeParse({ id, email, name, isStaff, isSuperuser, isActive, locale, epoch })
  if (read.success) return read.data
  const fields = [...new Set(read.error.issues.map(({ path }) => String(path[0])))]
  throw new SiteError(
    'host_user_invalid',
    `The users adapter returned a user with invalid fields: ${fields.join(', ')}.`,
    'See HostUser in docs/guides/own-users.md for the allowed values.',
  )
}
