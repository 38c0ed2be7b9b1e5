import { literal } from 'sequelize'
import { principalSchema, principalSql } from '../load-principal.js'
import type { Kind } from '../../otp/kind-registry/kind.js'
import type { AllowList } from './allow-list.js'
import { shownKinds } from './devices.js'
import type { PanelResource } from './panel-resource.js'
import { activeKindsSql, secondFactorConditions, secondFactors, secondFactorSql } from './second-factor.js'
import { userStatusConditions, userStatuses, userStatusSql } from './user-status.js'

const labelled = (values: readonly string[]) => values.map((value) => ({ value, label: value }))

/**
 * Builds the resource for users. They are never deleted, because the audit log refers to them.
 *
 * @param kinds the kinds of device that protect a user
 */
export function users(kinds: readonly Kind[]): PanelResource {
  const deviceTables = shownKinds(kinds).map(({ table }) => table)
  return { table: 'users', list: userList(kinds, deviceTables), options: userOptions(deviceTables) }
}

function userList(kinds: readonly Kind[], deviceTables: readonly string[]): AllowList {
  return {
    computed: {
      second_factor: literal(secondFactorSql(kinds)),
      active_kinds: literal(activeKindsSql(kinds)),
      status: literal(userStatusSql),
    },
    needs: { second_factor: deviceTables, active_kinds: deviceTables },
    choices: { second_factor: secondFactorConditions(kinds), status: userStatusConditions },
    read: ['id', 'email', 'name', 'is_staff', 'is_superuser', 'is_active', 'created_at', 'last_login_at'],
    filter: {
      id: 'id',
      email: 'text',
      name: 'text',
      is_staff: 'boolean',
      is_superuser: 'boolean',
      is_active: 'boolean',
      created_at: 'time',
      last_login_at: 'time',
    },
    sort: ['id', 'email', 'name', 'last_login_at'],
    nullsLowest: ['last_login_at'],
    title: 'email',
    search: ['email', 'name'],
    hidden: { standing: literal(principalSql('"users".id')) },
    subject: (row) => principalSchema.parse(row['standing']),
  }
}

function userOptions(deviceTables: readonly string[]): PanelResource['options'] {
  return {
    navigation: { name: null, icon: 'Users' },
    sort: { sortBy: 'email', direction: 'asc' },
    listProperties: ['email', 'second_factor', 'status', 'is_staff', 'last_login_at'],
    showProperties: [
      'email',
      'name',
      'status',
      'is_staff',
      'is_superuser',
      'is_active',
      'locked_until',
      'obstacles',
      'undelivered_invitation',
      'created_at',
      'last_login_at',
      'groups',
      'devices',
      'trusted_browsers',
      'events',
    ],
    editProperties: ['name', 'is_staff', 'is_active', 'is_superuser'],
    filterProperties: [
      'email',
      'name',
      'second_factor',
      'status',
      'is_staff',
      'is_superuser',
      'is_active',
      'created_at',
      'last_login_at',
    ],
    properties: {
      email: { components: { list: 'PersonName' } },
      second_factor: {
        type: 'string',
        isSortable: false,
        availableValues: labelled(secondFactors),
        components: { list: 'SecondFactor' },
        custom: { tables: deviceTables },
      },
      status: { type: 'string', isSortable: false, availableValues: labelled(userStatuses) },
      // `show` adds these for those who can help.
      locked_until: { type: 'string', components: { show: 'WaitsOfUser' } },
      obstacles: { type: 'string', components: { show: 'ObstaclesOfUser' } },
      undelivered_invitation: { type: 'string', components: { show: 'UndeliveredInvitation' } },
      // These are not columns: their components load the rows themselves.
      groups: { type: 'string', components: { show: 'GroupsOfUser' }, custom: { tables: ['user_groups'] } },
      devices: { type: 'string', components: { show: 'DevicesOfUser' }, custom: { tables: deviceTables } },
      trusted_browsers: {
        type: 'string',
        components: { show: 'BrowsersOfUser' },
        custom: { tables: ['trusted_browsers'] },
      },
      events: { type: 'string', components: { show: 'EventsOfUser' }, custom: { tables: ['audit_events'] } },
    },
  }
}
