import { literal } from 'sequelize'
import { maskEmail } from '../../otp/mask-email.js'
import { maskPhoneNumber } from '../../otp/phone-number.js'
import { standing, standingSql } from '../read-standing.js'
import type { AllowList } from './allow-list.js'
import type { PanelResource } from './panel-resource.js'

const columns = [
  'id',
  'user_id',
  'name',
  'confirmed',
  'confirmed_at',
  'disabled_at',
  'disabled_reason',
  'created_at',
  'last_used_at',
  'last_used_from',
  'failure_count',
] as const

/** What one kind shows beside that. */
interface OwnProperties {
  /** Columns of its own table, for reading alone. */
  read?: readonly string[]
  list?: Pick<AllowList, 'computed' | 'hidden' | 'derived'>
  properties: NonNullable<PanelResource['options']['properties']>
  /** Those that the list has room for, too. */
  inList: readonly string[]
}

/** Why a device is disabled; the panel's labels translate them. */
const reasons = ['administrator', 'failures'].map((value) => ({ value, label: value }))

/** What every kind of device shows; one line below adds a kind. */
export function deviceResource(
  table: string,
  icon: string,
  own: OwnProperties = { properties: {}, inList: [] },
): PanelResource {
  const shown = Object.keys(own.properties)
  return {
    table,
    list: {
      ...own.list,
      read: [...columns, ...(own.read ?? [])],
      hidden: {
        ...own.list?.hidden,
        owner: literal(standingSql(`"${table}".user_id`)),
      },
      filter: {
        id: 'id',
        user_id: 'owner',
        name: 'text',
        confirmed: 'boolean',
        created_at: 'time',
        last_used_at: 'time',
      },
      // A person's sets of backup tokens all have one name: there is no index to sort them by.
      sort: table === 'static_devices' ? ['id', 'user_id'] : ['id', 'user_id', 'name'],
      title: 'name',
      search: ['name'],
      subject: (row) => standing.parse(row['owner']),
    },
    options: {
      navigation: { name: null, icon },
      sort: { sortBy: 'id', direction: 'desc' },
      listProperties: ['name', 'user_id', ...own.inList, 'confirmed', 'last_used_at', 'created_at'],
      showProperties: [
        'name',
        'user_id',
        ...shown,
        'confirmed',
        'disabled_reason',
        'disabled_at',
        'confirmed_at',
        'failure_count',
        'throttled_until',
        'obstacles',
        'last_used_at',
        'last_used_from',
        'created_at',
      ],
      editProperties: ['name', 'confirmed'],
      filterProperties: ['user_id', 'name', 'confirmed', 'created_at', 'last_used_at'],
      properties: {
        last_used_from: { type: 'string' },
        disabled_reason: { availableValues: reasons, isSortable: false },
        // `show` adds these for those who can help.
        throttled_until: { type: 'string', components: { show: 'WaitsOfUser' } },
        obstacles: { type: 'string', components: { show: 'ObstaclesOfUser' } },
        ...own.properties,
      },
    },
  }
}

/** Beside the columns, so nothing to sort by. */
const text = { type: 'string', isSortable: false } as const

const methods = ['sms', 'call'].map((value) => ({ value, label: value }))

/** A number is recognised by its country and its last two digits; nobody here has to call it (F-47). */
const phone: OwnProperties = {
  read: ['method'],
  list: {
    hidden: { number: literal('"phone_devices"."number"') },
    derived: { masked_number: (row) => maskPhoneNumber(String(row['number'])) },
  },
  properties: { masked_number: text, method: { availableValues: methods, isSortable: false } },
  inList: ['masked_number'],
}

/** Where a mailbox has no address of its own, codes go to its owner's. */
const mailbox: OwnProperties = {
  list: {
    hidden: {
      address: literal(
        'coalesce("email_devices"."email", (select email from users where users.id = "email_devices".user_id))',
      ),
    },
    derived: { masked_email: (row) => maskEmail(String(row['address'])) },
  },
  properties: { masked_email: text },
  inList: ['masked_email'],
}

/** Backup tokens run out: shows how many are left, never one of them. */
const tokensLeft: OwnProperties = {
  list: {
    computed: {
      tokens_left: literal('(select count(*)::int from static_tokens where device_id = "static_devices".id)'),
    },
  },
  properties: { tokens_left: { type: 'number', isSortable: false } },
  inList: ['tokens_left'],
}

/** Nothing of the credential itself but whether its maker keeps a copy. */
const securityKey: OwnProperties = { read: ['backed_up'], properties: { backed_up: {} }, inList: [] }

export const devices: readonly PanelResource[] = [
  deviceResource('totp_devices', 'Smartphone'),
  deviceResource('webauthn_devices', 'Key', securityKey),
  deviceResource('hotp_devices', 'Cpu'),
  deviceResource('phone_devices', 'Phone', phone),
  deviceResource('email_devices', 'Mail', mailbox),
  deviceResource('static_devices', 'LifeBuoy', tokensLeft),
]

export const deviceTables: readonly string[] = devices.map(({ table }) => table)
