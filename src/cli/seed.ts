import { describeCredentials, seed } from '../seed.js'
import { withOtp } from './with-otp.js'

/** Adds the demo staff, and prints how to sign in if they did not exist yet. */
export async function seedCommand(): Promise<void> {
  const credentials = await withOtp(async (otp, config) => await seed(otp, config))
  for (const line of credentials ? describeCredentials(credentials) : []) console.log(line)
  if (!credentials) console.error('The demo data is already there.')
}
