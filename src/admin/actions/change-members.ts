import type { Transaction } from 'sequelize'
import { recordAuditEvent } from '../../audit/record-event.js'
import { revokeLinks } from '../../auth/links/one-time-link.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import { succeeded, notAllowed, type ActionResult, type RejectedAction } from './action-result.js'
import { lockUsers, recheckPermission } from './lock-users.js'

/** Adds a user to a group. It applies from their next request. */
export function addMember(
  services: PanelServices,
  actor: PanelUser,
  { user_id, group_id }: { user_id: number; group_id: number },
): Promise<{ ok: true; id: number } | RejectedAction> {
  return services.database.sequelize.transaction(async (transaction) => {
    const { Group, UserGroup } = services.database.models
    const locked = await lockUsers(services, transaction, actor, [user_id])
    const why = recheckPermission(locked, 'add', 'user_groups')
    if (why) return notAllowed(why)
    const group = await Group.findByPk(group_id, { lock: transaction.LOCK.KEY_SHARE, transaction })
    if (!group || !locked.others.has(user_id)) return { ok: false, code: 'not_found' }
    if (await UserGroup.findOne({ where: { user_id, group_id }, transaction })) return notAllowed('already_member')
    const { id } = await UserGroup.create({ user_id, group_id }, { transaction })
    await revokeLinks(services.otp, transaction, 'invitation', [user_id])
    await record(services, actor, transaction, 'member_added', user_id, group.name)
    return { ok: true, id }
  })
}

/** Removes memberships in one transaction. Those that are already gone are skipped. */
export function removeMembers(
  services: PanelServices,
  actor: PanelUser,
  ids: readonly number[],
): Promise<ActionResult> {
  return services.database.sequelize.transaction(async (transaction) => {
    const { Group, UserGroup } = services.database.models
    const where = { id: [...ids] }
    const requested = await UserGroup.findAll({ where, transaction })
    const people = [...new Set(requested.map(({ user_id }) => user_id))]
    const why = recheckPermission(await lockUsers(services, transaction, actor, people), 'delete', 'user_groups')
    if (why) return notAllowed(why)
    const found = await UserGroup.findAll({ where, lock: transaction.LOCK.UPDATE, transaction })
    if (found.length === 0) return { ok: false, code: 'not_found' }
    const groups = await Group.findAll({ where: { id: found.map(({ group_id }) => group_id) }, transaction })
    for (const member of found) {
      await member.destroy({ transaction })
      const name = groups.find(({ id }) => id === member.group_id)?.name ?? ''
      await record(services, actor, transaction, 'member_removed', member.user_id, name)
    }
    return succeeded
  })
}

function record(
  { database, clock }: PanelServices,
  { id: actorId, client }: PanelUser,
  transaction: Transaction,
  event: 'member_added' | 'member_removed',
  userId: number,
  group: string,
): Promise<void> {
  return recordAuditEvent(database, transaction, {
    event,
    at: clock.now(),
    userId,
    actorId,
    client,
    details: { group },
  })
}
