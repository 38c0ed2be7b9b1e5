import { z } from 'zod'
import { textField } from '../../http/forms/read-form.js'
import { insertDevice } from '../../otp/devices/add-device.js'
import type { Device } from '../../otp/device.js'
import type { CustomKind } from '../../otp/kind-registry/custom-kind.js'
import { nextId } from '../../otp/sql/next-id.js'
import { runInTime } from '../../run-in-time.js'
import type { AccountServices } from '../account-services.js'
import { parseDeviceName } from '../devices/device-name.js'

/** The fields of every kind's form, in addition to its own. None of them can contain a NUL. */
const commonForm = z.object({ name: textField(256) }).catchall(z.string().refine((value) => !value.includes('\0')))

export type StartResult = { ok: true; device: Device } | { ok: false; code: string } | { ok: false; code: null }

/**
 * Adds the device that a kind's form describes. It verifies nobody until its first token
 * confirms it, and is purged after an hour without one.
 *
 * @param fields the submitted form
 * @returns the device, or an error code; null if it is not the form of this kind
 */
export async function startKindSetup(
  account: AccountServices,
  kind: CustomKind,
  userId: number,
  fields: unknown,
): Promise<StartResult> {
  const { otp } = account
  const common = commonForm.safeParse(fields ?? {})
  if (!common.success || !kind.setup.fits(common.data)) return { ok: false, code: null }
  const name = parseDeviceName(common.data.name)
  if (name === null) return { ok: false, code: 'name_invalid' }
  // No transaction: `read` can query the database on another connection, and the embedded one has a single backend.
  const id = await nextId(otp, null, kind.table)
  const form = common.data
  const outcome = await runInTime(`setup.read of ${kind.name}`, () => kind.setup.read(form, { id, userId, otp }))
  if (!outcome) return { ok: false, code: null }
  if (!outcome.ok) return outcome
  const { columns } = outcome
  const device = await insertDevice(otp, undefined, kind, { id, userId, name, confirmed: false, columns })
  return { ok: true, device }
}
