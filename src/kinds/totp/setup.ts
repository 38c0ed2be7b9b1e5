import type { Request } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { noteSetup, findSetup } from '../../auth/session/in-progress.js'
import { addTotpDevice } from './add-device.js'
import { nameApp } from '../../otp/devices/name-app.js'
import type { AccountServices } from '../../account/account-services.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import { SETUP_SECONDS } from '../../otp/devices/purge-unconfirmed-devices.js'
import { base32nopad } from '@scure/base'
import { isNotReadable } from '../../crypto/keyring.js'
import { runStatement } from '../../db/run-statement.js'
import { totpUri } from '../../otp/devices/key-uri.js'
import type { Otp } from '../../otp/otp.js'

/**
 * Starts the setup of an authenticator app: an unconfirmed device, which verifies no user. A setup
 * that this session has already started continues, so that an app that scanned its QR code stays valid.
 */
export async function startTotpSetup(account: AccountServices, req: Request, user: RequestUser): Promise<void> {
  if (await readTotpSetup(account, req)) return
  const { device } = await account.database.sequelize.transaction(async (transaction) => {
    const name = await nameApp(account.otp, transaction, user.id)
    return addTotpDevice(account.otp, transaction, { user, name, confirmed: false })
  })
  noteSetup(req, { device: device.persistentId, at: account.clock.now().getTime() })
}

/** A setup in progress: the device, and the secret for the app. */
export interface TotpSetup extends TotpSecret {
  deviceId: string
}

/** Reads the setup that this session has started. @returns null if there is none, or it was finished or has expired */
export async function readTotpSetup(account: AccountServices, req: Request): Promise<TotpSetup | null> {
  const setup = findSetup(req, 'totp')
  if (!req.user || !setup) return null
  const reference = parsePersistentId(setup.device)
  if (reference?.kind !== 'totp') return null
  if (Math.abs(account.clock.now().getTime() - setup.at) >= SETUP_SECONDS * 1000) return null
  const secret = await readTotpSecret(account.otp, req.user, reference.id)
  return secret && { deviceId: setup.device, ...secret }
}

/** The secret for an authenticator app, shown to its owner during the setup. */
export interface TotpSecret {
  /** The `otpauth://` URI, also as the content of the QR code. */
  uri: string
  /** The secret in Base32, for typing. */
  secret: string
}

/**
 * Decrypts the secret of an authenticator app that is being set up.
 *
 * @returns null for a device whose setup was finished, even if it is disabled, and for another user's
 */
export async function readTotpSecret(
  otp: Otp,
  user: { id: number; email: string },
  deviceId: number,
): Promise<TotpSecret | null> {
  const [row] = await runStatement<{ secret: string }>(
    otp.database,
    undefined,
    'select secret from totp_devices where id = $deviceId and user_id = $userId and not confirmed and confirmed_at is null',
    { deviceId, userId: user.id },
  )
  if (!row) return null
  const secret = openSecret(otp, row.secret, deviceId)
  if (!secret) return null
  const uri = totpUri({ issuer: otp.settings.siteName, account: user.email, secret })
  return { uri, secret: base32nopad.encode(secret) }
}

/** @returns null if the key that encrypted it is gone, so that the setup has to start again */
function openSecret({ keys }: Otp, sealed: string, id: number): Buffer | null {
  try {
    return keys.open(sealed, { column: 'totp_devices.secret', id })
  } catch (error) {
    if (isNotReadable(error)) return null
    throw error
  }
}
