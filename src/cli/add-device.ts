import qrcode from 'qrcode'
import { z } from 'zod'
import type { KindWithCommand } from '../otp/kind-registry/kind-command.js'
import { UsageError } from './exit-codes.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { readSecret } from './read-secret.js'
import { recordAddedDevice, recordBackupToken } from './record-added-device.js'
import { withOtp } from './with-otp.js'

const userOption = z.object({ user: z.string() })

/** Runs a command that adds a device: reads its options, adds the device and prints the result. */
export async function addDeviceCommand({ command, isBackup }: KindWithCommand, parsed: unknown): Promise<void> {
  const options = command.secret ? await readSecret(parsed, command.secret) : parsed
  const { user: email } = parseArguments(userOption, options)
  const prepare = parseArguments(command.schema, options)
  const { line, qrCode } = await withOtp(async (otp, config) => {
    const user = await findUserOrFail(otp, email)
    const prepared = await prepare(otp, user)
    if (!prepared.ok) throw new UsageError([prepared.problem])
    const record = isBackup ? recordBackupToken : recordAddedDevice
    return await otp.database.sequelize.transaction(async (transaction) =>
      record({ otp, config, transaction, user }, () => prepared.add(transaction)),
    )
  })
  console.log(line)
  if (qrCode === undefined) return
  // The `terminal` type sets black and white itself, so that the code is dark on light in every theme.
  const type = process.stdout.isTTY ? 'terminal' : 'utf8'
  console.log(await qrcode.toString(qrCode, { type, small: true, margin: 2 }))
}
