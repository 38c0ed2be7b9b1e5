import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/** Adds three groups without members. An operator can rename, change or delete them; they are not created again. */
export const name = '0004-shipped-groups'

const kinds = ['totp', 'webauthn', 'hotp', 'phone', 'email', 'static']
const devices = (permission: string) => kinds.map((kind) => `${kind}_devices.${permission}`)
const seeing = ['users.view', ...devices('view'), 'static_tokens.view', 'trusted_browsers.view']

/** Exported for the tests of their permissions. */
export const shippedGroups: Readonly<Record<string, readonly string[]>> = {
  Helpdesk: [...seeing, 'users.invite', 'users.resetSecondFactor'],
  Auditor: [...seeing, 'groups.view', 'audit_events.view'],
  // Everything that staff without a group can do, so that members can make someone staff.
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
