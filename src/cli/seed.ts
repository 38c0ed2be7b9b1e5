import { describeCredentials, seed } from '../seed.js'
import { withOtp } from './with-otp.js'

/** Puts the demo staff in, and prints how to sign in where they were not there yet. */
export async function seedCommand(): Promise<void> {
  const credentials = await withOtp(async (otp, config) => await seed(otp, config))
  for (const line of credentials ? describeCredentials(credentials) : []) console.log(line)
  if (!credentials) console.error('The demo data is already there.')
}
