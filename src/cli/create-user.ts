import { base32nopad } from '@scure/base'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { UniqueConstraintError } from 'sequelize'
import { z } from 'zod'
import { nowhere, recordEvent } from '../audit.js'
import { hashPassword } from '../crypto/hash-password.js'
import { isFact } from '../db/site-facts.js'
import { SiteError } from '../errors.js'
import type { Otp } from '../otp/otp.js'
import { emailAddress, readArguments } from './read-arguments.js'
import { withOtp } from './with-otp.js'

const optionsSchema = z.object({
  email: emailAddress,
  name: z
    .string()
    .trim()
    .max(150, 'must have at most 150 characters')
    .regex(/^\P{Cc}*$/u, 'must have no control characters')
    .default(''),
  staff: z.boolean().default(false),
  superuser: z.boolean().default(false),
  passwordStdin: z.boolean().default(false),
})
type NewUser = z.output<typeof optionsSchema>

/** Creates a user who can sign in with a password; a generated one is printed alone on a line. */
export async function createUser(options: unknown): Promise<void> {
  const user = readArguments(optionsSchema, options)
  const given = user.passwordStdin ? await readPassword() : undefined
  const password = given ?? generatePassword()
  await withOtp(async (otp) => await insertUser(otp, user, await hashPassword(password)))
  if (given === undefined) console.log(password)
}

/** NIST SP 800-63B-4 §3.1.1.2: eight characters or more beside a second factor. The login takes up to 1024. */
const MIN_LENGTH = 8
const MAX_LENGTH = 1024

/** Takes one newline off the end, which `echo` and editors put there. */
async function readPassword(): Promise<string> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (Array.from(password).length >= MIN_LENGTH && password.length <= MAX_LENGTH) return password
  throw new SiteError(
    'password_refused',
    `The password must have from ${MIN_LENGTH} to ${MAX_LENGTH} characters.`,
    'Write another one to standard input, or leave --password-stdin out to have one generated.',
  )
}

/** 100 random bits as five groups of four: easy to read out, and never a leading hyphen. */
function generatePassword(): string {
  const characters = base32nopad.encode(randomBytes(13)).slice(0, 20).toLowerCase()
  return characters.match(/.{4}/g)?.join('-') ?? characters
}

async function insertUser(otp: Otp, user: NewUser, passwordHash: string): Promise<void> {
  if (await isFact(otp.database, 'people', 'application')) throw peopleElsewhere()
  const { models, sequelize } = otp.database
  const at = otp.clock.now()
  const levels = { is_staff: user.staff || user.superuser, is_superuser: user.superuser }
  try {
    await sequelize.transaction(async (transaction) => {
      const row = { email: user.email, name: user.name, password_hash: passwordHash, ...levels, created_at: at }
      const { id } = await models.User.create(row, { transaction })
      const details = { ...levels, by: 'command line' }
      await recordEvent(otp.database, transaction, { event: 'user_created', at, userId: id, origin: nowhere, details })
    })
  } catch (error) {
    if (error instanceof UniqueConstraintError) throw alreadyThere(user.email, error)
    throw error
  }
}

function peopleElsewhere(): SiteError {
  return new SiteError(
    'people_elsewhere',
    'People of this site are in the table of the application that it is part of, and nobody signs in from here.',
    'Add the person there; a row appears here with the first sign-in.',
  )
}

function alreadyThere(email: string, cause: Error): SiteError {
  return new SiteError('user_exists', `There is a user ${email} already.`, 'Choose another address.', { cause })
}
