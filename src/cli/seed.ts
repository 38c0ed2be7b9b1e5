import { formatCredentials, runSeeders } from '../run-seeders.js'
import { withOtp } from './with-otp.js'

/** Adds the demo staff, and prints how to sign in if they did not exist yet. */
export async function seedCommand(): Promise<void> {
  const credentials = await withOtp(async (otp, config) => await runSeeders(otp, config))
  for (const line of credentials ? formatCredentials(credentials) : []) console.log(line)
  if (!credentials) console.error('The demo data is already there.')
}
