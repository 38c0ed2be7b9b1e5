import type { PanelResource } from './panel-resource.js'

/** Backup tokens that are still there: that they exist and since when, nothing of what they are. */
export const staticTokens: PanelResource = {
  table: 'static_tokens',
  list: {
    read: ['id', 'device_id', 'created_at'],
    filter: { id: 'id', device_id: 'id' },
    sort: ['id'],
    title: 'id',
    search: [],
  },
  options: {
    navigation: { name: null, icon: 'Hash' },
    sort: { sortBy: 'id', direction: 'desc' },
    listProperties: ['id', 'device_id', 'created_at'],
    filterProperties: ['device_id'],
  },
}
