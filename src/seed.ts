import { QueryTypes } from 'sequelize'
import * as demoStaff from '../seeders/0001-demo-staff.js'
import { SiteError } from './errors.js'
import type { Otp } from './otp/otp.js'

/**
 * Runs the seeders that have not run yet on this database.
 *
 * @returns how to sign in, or null where everything had been seeded before
 */
export async function seed(
  otp: Otp,
  { production }: { production: boolean },
): Promise<demoStaff.DemoCredentials | null> {
  if (production)
    throw new SiteError(
      'seed_in_production',
      'Demo data cannot be added to a production database.',
      'Create the first user with `otp-admin create-user --email E --superuser` and `otp-admin add-static-token --user E`.',
    )
  return otp.database.sequelize.transaction(async (transaction) => {
    const first = await otp.database.sequelize.query(
      'insert into seeders (name) values ($name) on conflict do nothing returning name',
      { bind: { name: demoStaff.name }, type: QueryTypes.SELECT, transaction },
    )
    return first.length === 1 ? demoStaff.up(otp, transaction) : null
  })
}

/** The same for a server's start: only where nobody is there yet, and never in production. */
export async function seedEmptyDatabase(
  otp: Otp,
  options: { production: boolean },
): Promise<demoStaff.DemoCredentials | null> {
  if (options.production) return null
  const anybody = await otp.database.models.User.findOne({ attributes: ['id'], raw: true })
  return anybody ? null : seed(otp, options)
}

/** What the first start prints: one line for each thing that a person needs. */
export function describeCredentials(credentials: demoStaff.DemoCredentials): string[] {
  return [
    `E-mail: ${credentials.email}`,
    `Password: ${credentials.password}`,
    ...credentials.backupTokens.slice(0, 2).map((token) => `Backup token: ${token}`),
    `Authenticator app: ${credentials.keyUri}`,
  ]
}
