import { type AuditEntry, recordAuditEvent } from '../audit/record-event.js'
import type { OtpEvents } from '../otp/events.js'
import type { Otp } from '../otp/otp.js'

/** Writes every verification and every change of a device to the audit log, in the transaction of the event. */
export function auditDeviceEvents({ events, database }: Pick<Otp, 'events' | 'database'>): void {
  const record = (about: OtpEvents['userVerified'], entry: Pick<AuditEntry, 'event' | 'actorId' | 'details'>) => {
    const { transaction, userId, device, at, origin } = about
    return recordAuditEvent(database, transaction, { at, userId, device: device.persistentId, origin, ...entry })
  }
  events.on('userVerified', (about) =>
    record(about, { event: about.device.isBackup ? 'backup_token_used' : 'token_accepted' }),
  )
  events.on('verificationFailed', (about) => {
    const { failureCount: failures, because, lane } = about
    const details = { failures, ...(because && { because }), ...(lane === null && { without_password: true }) }
    return record(about, { event: 'token_refused', details })
  })
  events.on('userLocked', ({ transaction, userId, at, origin, lockedUntil }) => {
    const details = { until: lockedUntil.toISOString() }
    return recordAuditEvent(database, transaction, { event: 'user_locked', at, userId, origin, details })
  })
  events.on('deviceAdded', (about) => record(about, { event: 'device_added', details: { name: about.device.name } }))
  events.on('deviceRemoved', (about) => record(about, { event: 'device_removed', ...doneBy(about) }))
  events.on('deviceSwitchedOff', (about) => record(about, { event: 'device_switched_off', ...doneBy(about) }))
  events.on('deviceEnabled', (about) => record(about, { event: 'device_enabled', ...doneBy(about) }))
}

function doneBy({ device, by, actorId }: OtpEvents['deviceSwitchedOff']): Pick<AuditEntry, 'actorId' | 'details'> {
  return { actorId, details: { name: device.name, ...(by === 'command_line' && { by: 'command line' }) } }
}
