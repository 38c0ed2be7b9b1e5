import { QueryTypes } from 'sequelize'
import * as demoStaff from '../seeders/0001-demo-staff.js'
import { isUniqueViolation } from './db/is-unique-violation.js'
import { SiteError } from './errors.js'
import type { Otp } from './otp/otp.js'

/**
 * Runs the seeders that have not run yet on this database.
 *
 * @returns how to sign in, or null if everything was seeded before
 * @throws SiteError `seed_in_production`, or `user_exists` if a demo user was created in another way
 */
export async function runSeeders(
  otp: Otp,
  { production }: { production: boolean },
): Promise<demoStaff.DemoCredentials | null> {
  if (production)
    throw new SiteError(
      'seed_in_production',
      'Demo data cannot be added to a production database.',
      'Create the first user with `otp-admin create-user --email E --superuser` and `otp-admin add-static-token --user E`.',
    )
  const seeding = otp.database.sequelize.transaction(async (transaction) => {
    const first = await otp.database.sequelize.query(
      'insert into seeders (name) values ($name) on conflict do nothing returning name',
      { bind: { name: demoStaff.name }, type: QueryTypes.SELECT, transaction },
    )
    return first.length === 1 ? demoStaff.up(otp, transaction) : null
  })
  return await seeding.catch((error: unknown) => {
    throw isUniqueViolation(error) ? userExists(error) : error
  })
}

function userExists(cause: Error): SiteError {
  return new SiteError(
    'user_exists',
    'One of the demo users already exists, so none of them was added.',
    'Use an empty database, or change the email address of that user.',
    { cause },
  )
}

/** Seeds at the start of a server, only if there are no users yet, and never in production. */
export async function seedEmptyDatabase(
  otp: Otp,
  options: { production: boolean },
): Promise<demoStaff.DemoCredentials | null> {
  if (options.production) return null
  const user = await otp.database.models.User.findOne({ attributes: ['id'], raw: true })
  return user ? null : runSeeders(otp, options)
}

/** Returns the lines that the first start prints for signing in. */
export function formatCredentials(credentials: demoStaff.DemoCredentials): string[] {
  return [
    `E-mail: ${credentials.email}`,
    `Password: ${credentials.password}`,
    ...credentials.backupTokens.slice(0, 2).map((token) => `Backup token: ${token}`),
    `Authenticator app: ${credentials.keyUri}`,
  ]
}
