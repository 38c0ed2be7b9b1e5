import type { Transaction } from 'sequelize'
import { noClient, recordAuditEvent } from '../audit/record-event.js'
import { SiteError } from '../errors.js'
import type { Otp } from '../otp/otp.js'

/** Adds a user to groups by name. @throws SiteError `unknown_group`, which names the groups that do not exist */
export async function joinGroups(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  names: readonly string[],
): Promise<void> {
  const { Group, UserGroup } = otp.database.models
  const uniqueNames = [...new Set(names)]
  const groups = await Group.findAll({ where: { name: uniqueNames }, lock: transaction.LOCK.KEY_SHARE, transaction })
  const unknown = uniqueNames.filter((name) => !groups.some((group) => group.name === name))
  if (unknown.length > 0) throw unknownGroup(unknown)
  const at = otp.clock.now()
  for (const { id, name } of groups) {
    await UserGroup.create({ user_id: userId, group_id: id }, { transaction })
    const about = { event: 'member_added', at, userId, client: noClient } as const
    await recordAuditEvent(otp.database, transaction, { ...about, details: { group: name, by: 'command line' } })
  }
}

function unknownGroup(names: readonly string[]): SiteError {
  return new SiteError(
    'unknown_group',
    `There is no group named ${names.join(', ')}. Nothing was changed.`,
    'Look up the names in the panel.',
  )
}
