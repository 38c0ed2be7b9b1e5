import qrcode from 'qrcode'
import { z } from 'zod'
import { isUniqueViolation } from '../db/is-unique-violation.js'
import { SiteError } from '../errors.js'
import type { DeviceFromCommand, KindWithCommand, PreparedDevice } from '../otp/kind-registry/kind-command.js'
import { UsageError } from './exit-codes.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { readSecret } from './read-secret.js'
import { type Adding, recordAddedDevice, recordBackupToken } from './record-added-device.js'
import { withOtp } from './with-otp.js'

const userOption = z.object({ user: z.string() })

/** Runs a command that adds a device: reads its options, adds the device and prints the result. */
export async function addDeviceCommand(kind: KindWithCommand, parsed: unknown): Promise<void> {
  const { command } = kind
  const options = command.secret ? await readSecret(parsed, command.secret) : parsed
  const { user: email } = parseArguments(userOption, options)
  const prepare = parseArguments(command.schema, options)
  const { line, qrCode } = await withOtp(async (otp, config) => {
    const user = await findUserOrFail(otp, email)
    const prepared = await prepare(otp, user)
    if (!prepared.ok) throw new UsageError([prepared.problem])
    return await addPrepared(kind, prepared, { otp, config, user })
  })
  console.log(line)
  if (qrCode === undefined) return
  // The `terminal` type sets black and white itself, so that the code is dark on light in every theme.
  const type = process.stdout.isTTY ? 'terminal' : 'utf8'
  console.log(await qrcode.toString(qrCode, { type, small: true, margin: 2 }))
}

async function addPrepared(
  { name, table, isBackup }: KindWithCommand,
  prepared: Extract<PreparedDevice, { ok: true }>,
  adding: Omit<Adding, 'transaction'>,
): Promise<DeviceFromCommand> {
  const record = isBackup ? recordBackupToken : recordAddedDevice
  try {
    return await adding.otp.database.sequelize.transaction(async (transaction) =>
      record({ ...adding, transaction }, () => prepared.add(transaction)),
    )
  } catch (error) {
    throw isUniqueViolation(error, table) ? deviceExists(name, error) : error
  }
}

/** Another process has added the same device after the options were checked. */
function deviceExists(kind: string, cause: Error): SiteError {
  return new SiteError(
    'device_exists',
    `Another device of the kind "${kind}" has a value that only one device can have.`,
    'Look up the device in the panel, or add another one.',
    { cause },
  )
}
