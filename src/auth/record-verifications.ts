import { recordEvent } from '../audit.js'
import type { OtpEvents } from '../otp/events.js'
import type { Auth } from './auth.js'

/** Writes every asked and every changed device into the audit trail, in the transaction of what it tells of. */
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
  const record =
    (event: 'device_added' | 'device_removed' | 'device_switched_off') =>
    ({ transaction, userId, device, at, origin }: OtpEvents['deviceAdded']) =>
      recordEvent(database, transaction, {
        event,
        at,
        userId,
        device: device.persistentId,
        origin,
        details: { name: device.name },
      })
  otp.events.on('deviceAdded', record('device_added'))
  otp.events.on('deviceRemoved', record('device_removed'))
  otp.events.on('deviceSwitchedOff', record('device_switched_off'))
}
