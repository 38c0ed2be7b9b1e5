import { recordEvent } from '../audit.js'
import type { Auth } from './auth.js'

/** Writes every asked device into the audit trail, in the transaction of what it tells of. */
export function recordVerifications({ otp, database }: Pick<Auth, 'otp' | 'database'>): void {
  otp.events.on('userVerified', ({ transaction, userId, device, at, origin }) => {
    const event = device.kind === 'static' ? 'backup_token_used' : 'token_accepted'
    return recordEvent(database, transaction, { event, at, userId, device: device.persistentId, origin })
  })
  otp.events.on('verificationFailed', ({ transaction, userId, device, failureCount, because, at, origin }) =>
    recordEvent(database, transaction, {
      event: 'token_refused',
      at,
      userId,
      device: device.persistentId,
      origin,
      details: { failures: failureCount, ...(because && { because }) },
    }),
  )
  otp.events.on('deviceSwitchedOff', ({ transaction, userId, device, at, origin }) =>
    recordEvent(database, transaction, {
      event: 'device_switched_off',
      at,
      userId,
      device: device.persistentId,
      origin,
    }),
  )
}
