import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { type ClientInfo, noClient } from '../../client-info.js'
import { toDevice } from '../../otp/tokens/verify-locked-device.js'
import { type Device, DEVICE_COLUMNS, type DeviceRow } from '../../otp/device.js'
import { hasRoomFor } from '../../otp/devices/device-limit.js'
import { type EnrolmentRight, mayEnrol } from '../../otp/devices/devices-for-user.js'
import { webauthn } from './kind.js'
import { NothingOpened, type Opening, orNothingOpened } from '../../otp/throttle/opening.js'
import type { Otp } from '../../otp/otp.js'
import { consumeRegistrationChallenge } from '../../otp/challenges/browser-challenges.js'
import { ALGORITHMS } from './registration-options.js'
import { isBackupEligible } from './verify-assertion.js'
import { readChallenge, type RegistrationResponse, parseRegistration } from './parse-response.js'
import type { RelyingParty } from '../../otp/relying-party.js'
import { recordDeviceAdded } from '../../otp/devices/record-device-change.js'
import { getUserHandle } from './user-handle.js'

export interface NewWebauthnDevice extends EnrolmentRight {
  userId: number
  name: string
  /** The JSON that the browser returned for the new key. */
  response: string
  /** The ID of the challenge that `createRegistrationOptions` returned for this session; null: none was requested. */
  challenge: string | null
  client?: ClientInfo
  /** Starts what the new key verifies, such as a session, in the same transaction. */
  opens?: Opening
}

export type AddWebauthnResult =
  | { ok: true; device: Device }
  | { ok: false; reason: 'key_refused' | 'key_known' | 'too_many_devices' | 'verification_not_allowed' }

/**
 * Enrols a security key from the browser's registration response. Nothing is stored before that.
 * The challenge is consumed in any case, and `deviceAdded` is emitted in the same transaction.
 *
 * @returns the device, or the reason for the rejection: `key_known` if any user has already enrolled this key
 */
export async function addWebauthnDevice(otp: Otp, key: NewWebauthnDevice): Promise<AddWebauthnResult> {
  const rejected: AddWebauthnResult = { ok: false, reason: 'key_refused' }
  const response = parseRegistration(key.response)
  const challenge = response && readChallenge(response)
  const { relyingParty } = otp.settings
  if (!response || !challenge || key.challenge === null || !relyingParty) return rejected
  const registrationChallenge = { id: key.challenge, challenge }
  const add = async (transaction: Transaction): Promise<AddWebauthnResult> => {
    // Locked: if two first devices are added at once, the second must find the first.
    const owner = await runStatement(otp.database, transaction, LOCK_OWNER, { userId: key.userId })
    if (owner.length === 0 || !(await consumeRegistrationChallenge(otp, transaction, registrationChallenge)))
      return rejected
    if (!(await mayEnrol(otp, transaction, key.userId, key))) return { ok: false, reason: 'verification_not_allowed' }
    if (!(await hasRoomFor(otp, transaction, webauthn, key.userId))) return { ok: false, reason: 'too_many_devices' }
    const verified = await verifyRegistration(response, challenge, relyingParty)
    if (!verified) return rejected
    const row = await insertKey(otp, transaction, key, { response, verified })
    return row ? emitAdded(otp, transaction, row, key) : { ok: false, reason: 'key_known' }
  }
  return orNothingOpened(() => otp.database.sequelize.transaction(add))
}

const LOCK_OWNER = 'select id from users where id = $userId and is_active for update'

/** Verifies the registration (WebAuthn §7.1) and returns the key's data, or null if any check fails. */
async function verifyRegistration(response: RegistrationResponse, challenge: string, relyingParty: RelyingParty) {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      supportedAlgorithmIDs: ALGORITHMS,
      requireUserVerification: relyingParty.userVerification === 'required',
    })
    return registrationInfo ?? null
  } catch {
    // The library throws a plain Error for any problem with a response.
    return null
  }
}

type VerifiedRegistration = NonNullable<Awaited<ReturnType<typeof verifyRegistration>>>

async function insertKey(
  otp: Otp,
  transaction: Transaction,
  { userId, name }: NewWebauthnDevice,
  { response, verified }: { response: RegistrationResponse; verified: VerifiedRegistration },
): Promise<DeviceRow | undefined> {
  const { credential, aaguid, credentialBackedUp, credentialDeviceType } = verified
  const [row] = await runStatement<DeviceRow>(otp.database, transaction, INSERT, {
    userId,
    name,
    now: otp.clock.now(),
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: response.response.transports,
    userHandle: await getUserHandle(otp, transaction, userId),
    aaguid,
    backedUp: credentialBackedUp,
    backupEligible: isBackupEligible(credentialDeviceType),
    discoverable: response.clientExtensionResults.credProps?.rk ?? false,
  })
  return row
}

const INSERT = `
insert into webauthn_devices as d (user_id, name, confirmed, confirmed_at, created_at, credential_id, public_key, counter, transports,
  user_handle, aaguid, backed_up, backup_eligible, discoverable)
values ($userId, $name, true, $now, $now, $credentialId, $publicKey, $counter, $transports,
  $userHandle, $aaguid, $backedUp, $backupEligible, $discoverable)
on conflict (credential_id) do nothing
returning ${DEVICE_COLUMNS}`

async function emitAdded(
  otp: Otp,
  transaction: Transaction,
  row: DeviceRow,
  { client = noClient, opens }: NewWebauthnDevice,
): Promise<AddWebauthnResult> {
  const device = toDevice(webauthn, row)
  if (opens && !(await opens(transaction, device))) throw new NothingOpened()
  const about = { userId: row.user_id, device, at: otp.clock.now(), client, transaction }
  await recordDeviceAdded(otp, { ...about, by: 'owner', actorId: null })
  return { ok: true, device }
}
