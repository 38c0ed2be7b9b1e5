/** A user of the panel, named by their level or by the one group they are in. */
export const actors = [
  'superuser',
  'in no group',
  'Help desk',
  'Auditors',
  'People admins',
  'Administrators',
  'sees all',
  'allowed nothing',
] as const

export type Actor = (typeof actors)[number]

/** Groups that are not shipped. */
export const ownGroups: Partial<Record<Actor, readonly string[]>> = { 'sees all': ['*.view'], 'allowed nothing': [] }

type Row = Readonly<Record<Actor, string>>

/** For a resource on which each shipped group can do this much. Staff in no group can do nothing. */
const row = (all: string, helpDesk: string, auditors: string, peopleAdmins: string, administrators: string): Row => ({
  superuser: all,
  'in no group': '',
  'Help desk': helpDesk,
  Auditors: auditors,
  'People admins': peopleAdmins,
  Administrators: administrators,
  'sees all': 'view',
  'allowed nothing': '',
})

const help = 'unlock invite giveBackupToken endSessions resetSecondFactor'
const device = row('view change delete export', 'view', 'view', 'view change delete', 'view change delete')

/** Who can do what with each resource as a whole. A resource that is missing here fails the tests that read it. */
export const permissionTable: Readonly<Record<string, Row>> = {
  users: row(
    `view add change export ${help}`,
    'view unlock invite resetSecondFactor',
    'view',
    `view add change ${help}`,
    `view add change ${help}`,
  ),
  groups: row('view add change delete export', '', 'view', 'view', 'view'),
  user_groups: row('view add delete export', '', 'view', 'view', 'view'),
  totp_devices: device,
  webauthn_devices: device,
  hotp_devices: device,
  phone_devices: device,
  email_devices: device,
  static_devices: device,
  static_tokens: row('view export', 'view', 'view', 'view', 'view'),
  trusted_browsers: row('view delete export', 'view', 'view', 'view delete', 'view delete'),
  audit_events: row('view export', '', 'view', 'view', 'view'),
}

export const isAllowed = (resource: string, actor: Actor) =>
  (permissionTable[resource]?.[actor] ?? '').split(' ').filter((permission) => permission !== '')
