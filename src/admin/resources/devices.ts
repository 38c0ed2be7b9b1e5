import { literal } from 'sequelize'
import type { KindPart, PanelKind } from '../../otp/kind-registry/kind-panel.js'
import type { Kind } from '../../otp/kind-registry/kind.js'
import { principalSchema, principalSql } from '../load-principal.js'
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

/** A kind of device with its own resource in the panel. */
export type ShownKind = Kind & PanelKind

/** Filters the kinds that have a resource in the panel. */
export function shownKinds(kinds: readonly Kind[]): ShownKind[] {
  return kinds.filter((kind): kind is ShownKind => kind.panel !== undefined && kind.initModel !== undefined)
}

/** Why a device is disabled. The panel's texts translate the labels. */
const reasons = ['administrator', 'failures'].map((value) => ({ value, label: value }))

/** Builds the resource for the devices of one kind. */
export function deviceResource({ table, isBackup, panel }: ShownKind): PanelResource {
  const properties: NonNullable<PanelResource['options']['properties']> =
    panel.properties ?? Object.fromEntries(panel.columns.map((column) => [column, { isSortable: false }]))
  const shown = Object.keys(properties)
  return {
    table,
    list: {
      ...(panel.computed && { computed: panel.computed }),
      ...(panel.derived && { derived: panel.derived }),
      read: [...columns, ...panel.columns],
      hidden: {
        ...panel.hidden,
        owner: literal(principalSql(`"${table}".user_id`)),
      },
      filter: {
        id: 'id',
        user_id: 'owner',
        name: 'text',
        confirmed: 'boolean',
        created_at: 'time',
        last_used_at: 'time',
      },
      // All sets of backup tokens have the same name, so there is no index for sorting by it.
      sort: isBackup ? ['id', 'user_id'] : ['id', 'user_id', 'name'],
      title: 'name',
      search: ['name'],
      subject: (row) => principalSchema.parse(row['owner']),
    },
    options: {
      navigation: { name: null, icon: panel.icon },
      sort: { sortBy: 'id', direction: 'desc' },
      listProperties: ['name', 'user_id', ...(panel.inList ?? shown), 'confirmed', 'last_used_at', 'created_at'],
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
        last_used_from: { type: 'string', components: { show: 'BrowserName' } },
        disabled_reason: { availableValues: reasons, isSortable: false },
        // `show` adds these for those who can help.
        throttled_until: { type: 'string', components: { show: 'WaitsOfUser' } },
        obstacles: { type: 'string', components: { show: 'ObstaclesOfUser' } },
        ...properties,
      },
    },
  }
}

/** Builds the resource of rows that belong to a device, such as backup tokens. It never shows the secrets in them. */
export function partResource({ table, icon, columns }: KindPart): PanelResource {
  const shown = ['id', 'device_id', ...columns]
  return {
    table,
    list: {
      read: shown,
      filter: { id: 'id', device_id: 'id' },
      sort: ['id'],
      title: 'id',
      search: [],
    },
    options: {
      navigation: { name: null, icon },
      sort: { sortBy: 'id', direction: 'desc' },
      listProperties: shown,
      filterProperties: ['device_id'],
    },
  }
}
