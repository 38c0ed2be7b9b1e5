import type { Transaction } from 'sequelize'
import { type AuditEntry, recordAuditEvent } from '../../audit/record-event.js'
import { revokeLinks } from '../../auth/links/one-time-link.js'
import { isUniqueViolation } from '../../db/is-unique-violation.js'
import type { Group } from '../../db/models/group.js'
import type { GroupInput } from '../group-fields.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import type { Permission } from '../permissions.js'
import { succeeded, notAllowed, type ActionResult, type RejectedAction } from './action-result.js'
import { lockUsers, recheckPermission } from './lock-users.js'

/** The ID of the new row. */
type Made = { ok: true; id: number }
type Work<Result> = (transaction: Transaction) => Promise<Result>

/** Creates a group without members. */
export function addGroup(services: PanelServices, actor: PanelUser, input: GroupInput): Promise<Made | RejectedAction> {
  const { name, ...rest } = input
  if (name === undefined) return Promise.resolve(wrongName('field_name'))
  return asSuperuser(services, actor, 'add', async (transaction) => {
    const group = await services.database.models.Group.create({ name, ...defined(rest) }, { transaction })
    await record(services, actor, transaction, 'group_added', { group: name, ...inWords(group) })
    return { ok: true, id: group.id }
  })
}

/** Changes a group. Permissions are read on every request, so the change applies from the members' next one. */
export function changeGroup(
  services: PanelServices,
  actor: PanelUser,
  id: number,
  input: GroupInput,
): Promise<ActionResult> {
  return asSuperuser(services, actor, 'change', async (transaction) => {
    const group = await services.database.models.Group.findByPk(id, { lock: transaction.LOCK.UPDATE, transaction })
    if (!group) return { ok: false, code: 'not_found' }
    const before = inWords(group)
    const could = new Set(group.permissions)
    await group.update(defined(input), { transaction })
    if (group.permissions.some((permission) => !could.has(permission))) await voidInvited(services, transaction, id)
    const details = whatChanged(before, inWords(group))
    if (Object.keys(details).length > 0)
      await record(services, actor, transaction, 'group_changed', { group: group.name, ...details })
    return succeeded
  })
}

/** Revokes the members' open invitations: the sender might now have fewer permissions than the member. */
async function voidInvited(services: PanelServices, transaction: Transaction, group_id: number): Promise<void> {
  const members = await services.database.models.UserGroup.findAll({ where: { group_id }, transaction })
  const people = members.map(({ user_id }) => user_id)
  await revokeLinks(services.otp, transaction, 'invitation', people)
}

/**
 * Deletes groups: all of them or, if one cannot be deleted, none. A group with members cannot be
 * deleted, so that nobody loses access by accident.
 */
export function removeGroups(services: PanelServices, actor: PanelUser, ids: readonly number[]): Promise<ActionResult> {
  return asSuperuser(services, actor, 'delete', async (transaction) => {
    const { Group, UserGroup } = services.database.models
    const order: [string, string][] = [['id', 'ASC']]
    const found = await Group.findAll({ where: { id: [...ids] }, order, lock: transaction.LOCK.UPDATE, transaction })
    if (found.length === 0) return { ok: false, code: 'not_found' }
    if (await UserGroup.findOne({ where: { group_id: [...ids] }, transaction })) return notAllowed('group_has_members')
    for (const group of found) {
      await group.destroy({ transaction })
      await record(services, actor, transaction, 'group_removed', { group: group.name })
    }
    return succeeded
  })
}

/** Checks the permission on the actor's locked row, then runs the work. A name that is taken is rejected, not thrown. */
function asSuperuser<Result>(
  services: PanelServices,
  actor: PanelUser,
  permission: Permission,
  work: Work<Result | RejectedAction>,
): Promise<Result | RejectedAction> {
  return services.database.sequelize
    .transaction(async (transaction) => {
      const why = recheckPermission(await lockUsers(services, transaction, actor, []), permission, 'groups')
      return why ? notAllowed(why) : work(transaction)
    })
    .catch((error: unknown) => {
      if (isUniqueViolation(error)) return wrongName('field_name_taken')
      throw error
    })
}

const wrongName = (reason: string): RejectedAction => ({ ok: false, code: 'bad_request', fields: { name: reason } })

/** Leaves out undefined fields, which Sequelize would treat as values. */
function defined(input: object) {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

type Details = NonNullable<AuditEntry['details']>

/** Formats a group for the audit log. */
function inWords({ name, permissions, otp_policy, grace_days, kinds }: Group): Details {
  return { name, permissions: permissions.join(', '), otp_policy, grace_days, kinds: kinds?.join(', ') ?? null }
}

function whatChanged(before: Details, after: Details): Details {
  return Object.fromEntries(Object.entries(after).filter(([field, value]) => before[field] !== value))
}

function record(
  { database, clock }: PanelServices,
  { id: actorId, client }: PanelUser,
  transaction: Transaction,
  event: AuditEntry['event'],
  details: Details,
): Promise<void> {
  return recordAuditEvent(database, transaction, { event, at: clock.now(), userId: null, actorId, client, details })
}
