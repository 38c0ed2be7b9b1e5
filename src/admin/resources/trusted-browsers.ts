import { literal } from 'sequelize'
import { principalSchema, principalSql } from '../load-principal.js'
import type { PanelResource } from './panel-resource.js'

/** Browsers that skip the second factor. Users trust them on their account pages; here they can be viewed and revoked. */
export const trustedBrowsers: PanelResource = {
  table: 'trusted_browsers',
  list: {
    read: ['id', 'user_id', 'browser', 'address', 'device', 'created_at', 'last_used_at', 'expires_at'],
    hidden: { owner: literal(principalSql('"trusted_browsers".user_id')) },
    filter: { id: 'id', user_id: 'owner', address: 'exact', device: 'exact', created_at: 'time', expires_at: 'time' },
    sort: ['id', 'user_id'],
    title: 'browser',
    search: [],
    subject: (row) => principalSchema.parse(row['owner']),
  },
  options: {
    navigation: { name: null, icon: 'Monitor' },
    sort: { sortBy: 'id', direction: 'desc' },
    listProperties: ['browser', 'user_id', 'address', 'created_at', 'last_used_at', 'expires_at'],
    showProperties: ['browser', 'user_id', 'address', 'device', 'created_at', 'last_used_at', 'expires_at'],
    filterProperties: ['user_id', 'address', 'device', 'created_at', 'expires_at'],
    properties: { browser: { components: { list: 'BrowserName', show: 'BrowserName' } } },
  },
}
