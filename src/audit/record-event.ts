import type { Transaction } from 'sequelize'
import type { Database } from '../db/connect.js'
import { runStatement } from '../db/run-statement.js'
import type { ClientInfo } from '../client-info.js'

export { noClient, type ClientInfo } from '../client-info.js'

/** Names of all events, in the past tense. docs/security.md lists when each is recorded, and `locales/…/panel.json` has their labels. */
export const auditEventNames = [
  'signed_in',
  'sign_in_refused',
  'signed_out',
  'token_accepted',
  'token_refused',
  'user_locked',
  'user_unlocked',
  'backup_token_used',
  'device_switched_off',
  'device_enabled',
  'device_added',
  'device_renamed',
  'default_device_changed',
  'device_removed',
  'browser_trusted',
  'trusted_browser_used',
  'trusted_browser_revoked',
  'backup_token_added',
  'backup_tokens_made',
  'two_factor_disabled',
  'invitation_made',
  'invitation_used',
  'user_created',
  'user_changed',
  'password_changed',
  'password_reset_requested',
  'email_change_requested',
  'email_changed',
  'sessions_ended',
  'group_added',
  'group_changed',
  'group_removed',
  'member_added',
  'member_removed',
  'exported',
  'panel_refused',
  'policy_blocked',
  'mail_undelivered',
  'code_undelivered',
] as const

export type AuditEventName = (typeof auditEventNames)[number]

export interface AuditEntry {
  event: AuditEventName
  at: Date
  /** The user it is about. */
  userId: number | null
  /** The user who did it, if it was another one. */
  actorId?: number | null
  /** Persistent ID, for example `totp/3`. */
  device?: string | null
  client: ClientInfo
  /** Names of what changed and plain values; never a secret, a token or a session ID. */
  details?: Record<string, string | number | boolean | null>
}

/**
 * Records one event in the audit log inside the caller's transaction, so that it is saved only
 * together with the change.
 *
 * @param transaction the caller's; undefined for a rejection, which has no transaction
 */
export async function recordAuditEvent(
  database: Pick<Database, 'pool'>,
  transaction: Transaction | undefined,
  entry: AuditEntry,
): Promise<void> {
  const { event, at, userId, actorId = null, device = null, client, details = {} } = entry
  await runStatement(database, transaction, INSERT, { event, at, userId, actorId, device, ...client, details })
}

/**
 * Records an event about a user who might not exist. If they do not, the same statement inserts
 * nothing, so that response times do not reveal which accounts exist.
 */
export async function recordEventOrNothing(
  database: Pick<Database, 'pool'>,
  transaction: Transaction,
  { event, at, userId, client }: Pick<AuditEntry, 'event' | 'at' | 'userId' | 'client'>,
): Promise<void> {
  await runStatement(database, transaction, INSERT_IF_THERE, { event, at, userId, ...client })
}

const INSERT_IF_THERE = `
insert into audit_events (event, at, user_id, address, browser, request_id, details)
select $event, $at, id, $address, $browser, $requestId, '{}' from users where id = $userId`

const INSERT = `
insert into audit_events (event, at, user_id, actor_id, device, address, browser, request_id, details)
values ($event, $at, $userId, $actorId, $device, $address, $browser, $requestId, $details)`
