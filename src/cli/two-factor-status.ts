import { printableLine } from '../printable.js'
import { userHasDevice } from '../otp/devices-for-user.js'
import { findUsers, refuseUnknown } from './find-users.js'
import { withOtp } from './with-otp.js'

/** Prints `E: enabled` for everybody with a device that verifies; unknown addresses are named after all others. */
export async function twoFactorStatus(emails: string[]): Promise<void> {
  await withOtp(async (otp) => {
    const found = await findUsers(otp, emails)
    for (const { email, user } of found) {
      if (!user) continue
      console.log(`${printableLine(email)}: ${(await userHasDevice(otp, user.id)) ? 'enabled' : 'disabled'}`)
    }
    refuseUnknown(found)
  })
}
