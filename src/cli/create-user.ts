import { base32nopad } from '@scure/base'
import { randomBytes } from 'node:crypto'
import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { createInvitation } from '../auth/links/create-invitation.js'
import { validatePassword } from '../auth/password/validate-password.js'
import { noClient, recordAuditEvent } from '../audit/record-event.js'
import type { Config } from '../config/read-config.js'
import { hashPassword } from '../crypto/hash-password.js'
import { isUniqueViolation } from '../db/is-unique-violation.js'
import { hasMetadata } from '../db/site-metadata.js'
import { SiteError } from '../errors.js'
import { translatorFor } from '../i18n/translator.js'
import type { Otp } from '../otp/otp.js'
import { requireBaseUrl } from './invite.js'
import { joinGroups } from './join-groups.js'
import { emailAddress, parseArguments } from './read-arguments.js'
import { decodeUtf8, readStdin } from './read-stdin.js'
import { withOtp } from './with-otp.js'
import { isName } from '../typed-text/read-name.js'

const optionsSchema = z.object({
  email: emailAddress,
  name: z
    .string()
    .trim()
    .max(150, 'must have at most 150 characters')
    .refine(isName, 'must have no control characters and no characters that change the direction of text')
    .default(''),
  staff: z.boolean().default(false),
  superuser: z.boolean().default(false),
  group: z.array(z.string().trim().min(1)).default([]),
  invite: z.boolean().default(false),
  passwordStdin: z.boolean().default(false),
})
type NewUser = z.output<typeof optionsSchema>

/**
 * Creates a user. Prints the generated password, or the link for setting up the account, on a
 * separate line. Prints nothing if the password came from standard input.
 */
export async function createUser(options: unknown): Promise<void> {
  const user = parseArguments(optionsSchema, options)
  const submitted = user.passwordStdin ? await readPassword() : undefined
  const printed = await withOtp(async (otp, config) => {
    if (user.invite) return await inviteUser(otp, config, user)
    if (submitted !== undefined) await requireGoodPassword(submitted, [user.email, config.siteName])
    const password = submitted ?? generatePassword()
    const passwordHash = await hashPassword(password)
    await insertUser(otp, user, passwordHash)
    return submitted === undefined ? password : undefined
  })
  if (printed !== undefined) console.log(printed)
}

/** Reads the password from standard input, without the final newline that `echo` and editors add. */
async function readPassword(): Promise<string> {
  const password = decodeUtf8(await readStdin('password-stdin'))
  if (password === null)
    throw passwordRefused('The password is not valid UTF-8, so it could not be entered on the pages.')
  return password.replace(/\r?\n$/, '')
}

/** Checks the password with the rules and messages of the pages. A NUL is rejected, because no form accepts it. */
async function requireGoodPassword(password: string, names: readonly string[]): Promise<void> {
  if (password.includes('\0'))
    throw passwordRefused('The password contains a NUL byte, which no form of the site accepts.')
  const rejection = await validatePassword(password, names)
  if (rejection) throw passwordRefused(translatorFor('en')(`errors:${rejection}`))
}

function passwordRefused(why: string): SiteError {
  const remedy = 'Pass another one on standard input, or leave out --password-stdin to have one generated.'
  return new SiteError('password_refused', why, remedy)
}

/** Creates the user and the link in one transaction. */
function inviteUser(otp: Otp, config: Config, user: NewUser): Promise<string | undefined> {
  const baseUrl = requireBaseUrl(config)
  return insertUser(otp, user, null, async (transaction, userId) => {
    const invitation = { userId, actorId: null, client: noClient }
    return (await createInvitation(otp, transaction, invitation, baseUrl)).link
  })
}

/** Generates 100 random bits as five groups of four letters and digits, which can be read out. */
function generatePassword(): string {
  const characters = base32nopad.encode(randomBytes(13)).slice(0, 20).toLowerCase()
  return characters.match(/.{4}/g)?.join('-') ?? characters
}

/** @param then runs in the same transaction */
async function insertUser<T>(
  otp: Otp,
  user: NewUser,
  passwordHash: string | null,
  then?: (transaction: Transaction, userId: number) => Promise<T>,
): Promise<T | undefined> {
  if (await hasMetadata(otp.database, 'people', 'application')) throw peopleElsewhere()
  const { models, sequelize } = otp.database
  const at = otp.clock.now()
  const levels = { is_staff: user.staff || user.superuser, is_superuser: user.superuser }
  try {
    return await sequelize.transaction(async (transaction) => {
      const row = { email: user.email, name: user.name, password_hash: passwordHash, ...levels, created_at: at }
      const { id } = await models.User.create(row, { transaction })
      const details = { ...levels, by: 'command line' }
      await recordAuditEvent(otp.database, transaction, {
        event: 'user_created',
        at,
        userId: id,
        client: noClient,
        details,
      })
      await joinGroups(otp, transaction, id, user.group)
      return await then?.(transaction, id)
    })
  } catch (error) {
    if (isUniqueViolation(error)) throw alreadyThere(user.email, error)
    throw error
  }
}

function peopleElsewhere(): SiteError {
  return new SiteError(
    'people_elsewhere',
    'The users of this site are managed by the application it is part of, so a user created here could not sign in.',
    'Add the user there; the site creates its own row at the first sign-in.',
  )
}

function alreadyThere(email: string, cause: Error): SiteError {
  return new SiteError('user_exists', `User ${email} already exists.`, 'Choose another email address.', { cause })
}
