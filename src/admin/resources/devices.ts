import { literal } from 'sequelize'
import type { PanelResource } from './panel-resource.js'

const columns = ['id', 'user_id', 'name', 'confirmed', 'created_at', 'last_used_at', 'failure_count']

/** What every kind of device shows; one line below adds a kind. */
function deviceResource(table: string, icon: string, sort: readonly string[]): PanelResource {
  return {
    table,
    list: {
      read: columns,
      hidden: { owner_is_superuser: literal(`(select is_superuser from users where users.id = "${table}".user_id)`) },
      filter: {
        id: 'id',
        user_id: 'owner',
        name: 'text',
        confirmed: 'boolean',
        created_at: 'time',
        last_used_at: 'time',
      },
      sort: ['id', 'user_id', ...sort],
      title: 'name',
      search: ['name'],
      subject: (row) => ({ userId: Number(row['user_id']), isSuperuser: row['owner_is_superuser'] === true }),
    },
    options: {
      navigation: { name: null, icon },
      sort: { sortBy: 'id', direction: 'desc' },
      listProperties: ['name', 'user_id', 'confirmed', 'last_used_at', 'created_at'],
      showProperties: ['name', 'user_id', 'confirmed', 'failure_count', 'last_used_at', 'created_at'],
      editProperties: ['name', 'confirmed'],
      filterProperties: ['user_id', 'name', 'confirmed', 'created_at', 'last_used_at'],
    },
  }
}

const totpDevices = deviceResource('totp_devices', 'Smartphone', ['name'])
const staticDevices = withTokensLeft(deviceResource('static_devices', 'LifeBuoy', []))

export const devices: readonly PanelResource[] = [totpDevices, staticDevices]

export const deviceTables: readonly string[] = devices.map(({ table }) => table)

/** Backup tokens run out: shows how many are left, never one of them. */
function withTokensLeft(resource: PanelResource): PanelResource {
  const left = literal('(select count(*)::int from static_tokens where device_id = "static_devices".id)')
  const { listProperties = [], showProperties = [] } = resource.options
  return {
    ...resource,
    list: { ...resource.list, computed: { tokens_left: left } },
    options: {
      ...resource.options,
      listProperties: listProperties.toSpliced(2, 0, 'tokens_left'),
      showProperties: showProperties.toSpliced(2, 0, 'tokens_left'),
      properties: { tokens_left: { type: 'number', isSortable: false } },
    },
  }
}
