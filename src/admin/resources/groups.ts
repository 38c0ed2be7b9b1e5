import { literal } from 'sequelize'
import { acceptableKinds } from '../group-fields.js'
import { permissionCatalogue, VIEW_ALL } from '../permissions.js'
import type { PanelResource } from './panel-resource.js'

const policies = ['off', 'staff', 'everyone', 'strict'].map((value) => ({ value, label: value }))
const policy = ['otp_policy', 'grace_days', 'kinds']

/** Groups, with their permissions and second-factor policy. Only superusers can change them (src/admin/permissions.ts). */
export const groups: PanelResource = {
  table: 'groups',
  list: {
    read: ['id', 'name', 'permissions', 'otp_policy', 'grace_days', 'kinds', 'created_at'],
    computed: {
      member_count: literal('(select count(*)::int from user_groups where group_id = "groups".id)'),
    },
    filter: { id: 'id', name: 'text' },
    sort: ['id', 'name'],
    title: 'name',
    search: ['name'],
  },
  custom: ({ otp }) => ({
    permissions: { grantable: permissionCatalogue().grantable, viewAll: VIEW_ALL },
    kinds: { kinds: acceptableKinds(otp) },
  }),
  options: {
    navigation: { name: null, icon: 'Shield' },
    sort: { sortBy: 'name', direction: 'asc' },
    listProperties: ['name', 'member_count', 'otp_policy', 'created_at'],
    showProperties: ['name', 'permissions', ...policy, 'created_at', 'members'],
    editProperties: ['name', 'permissions', ...policy],
    filterProperties: ['name'],
    properties: {
      permissions: {
        components: { show: 'GroupPermissions', edit: 'PermissionBoxes' },
      },
      otp_policy: { availableValues: policies, props: { placeholder: '' }, components: { show: 'OrAsSite' } },
      grace_days: { components: { show: 'OrAsSite' } },
      kinds: {
        components: { show: 'GroupKinds', edit: 'KindBoxes' },
      },
      member_count: { type: 'number', isSortable: false },
      members: { type: 'string', components: { show: 'MembersOfGroup' }, custom: { tables: ['user_groups'] } },
    },
  },
}

/** Memberships. They are shown on the pages of groups and users, so they are not in the menu. */
export const userGroups: PanelResource = {
  table: 'user_groups',
  list: {
    read: ['id', 'user_id', 'group_id'],
    filter: { id: 'id', user_id: 'owner', group_id: 'id' },
    sort: ['id'],
    title: 'id',
    search: [],
  },
  options: {
    navigation: false,
    sort: { sortBy: 'id', direction: 'desc' },
    listProperties: ['id', 'user_id', 'group_id'],
    showProperties: ['user_id', 'group_id'],
    editProperties: ['user_id', 'group_id'],
    filterProperties: ['user_id', 'group_id'],
  },
}
