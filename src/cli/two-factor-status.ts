import { printableLine } from '../printable.js'
import { userHasDevice } from '../otp/devices/devices-for-user.js'
import { assertOneEach, findUsers } from './find-users.js'
import { withOtp } from './with-otp.js'

/** Prints `E: enabled` for each user with an active device, then fails if an email address is unknown or ambiguous. */
export async function twoFactorStatus(emails: string[]): Promise<void> {
  await withOtp(async (otp) => {
    const found = await findUsers(otp, emails)
    for (const { email, users } of found) {
      const [user, other] = users
      if (!user || other) continue
      console.log(`${printableLine(email)}: ${(await userHasDevice(otp, user.id)) ? 'enabled' : 'disabled'}`)
    }
    assertOneEach(found)
  })
}
