import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/** Three groups to begin with, without members. An operator may rename, change or delete them: they do not come back. */
export const name = '0004-shipped-groups'

const kinds = ['totp', 'webauthn', 'hotp', 'phone', 'email', 'static']
const devices = (permission: string) => kinds.map((kind) => `${kind}_devices.${permission}`)
const seeing = ['users.view', ...devices('view'), 'static_tokens.view', 'trusted_browsers.view']

/** Named for the tests of what they may. */
export const shippedGroups: Readonly<Record<string, readonly string[]>> = {
  Helpdesk: [...seeing, 'users.invite', 'users.resetSecondFactor'],
  Auditor: [...seeing, 'groups.view', 'audit_events.view'],
  // All that staff in no group may, so that its members can make somebody staff.
  'People admin': [
    ...seeing,
    'groups.view',
    'audit_events.view',
    'users.change',
    'users.invite',
    'users.giveBackupToken',
    'users.endSessions',
    'users.resetSecondFactor',
    ...devices('change'),
    ...devices('delete'),
    'trusted_browsers.delete',
  ],
}

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  for (const [group, permissions] of Object.entries(shippedGroups))
    await sequelize.query('insert into groups (name, permissions) values ($group, $permissions)', {
      bind: { group, permissions },
      transaction,
    })
}
