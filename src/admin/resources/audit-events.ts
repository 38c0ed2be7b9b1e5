import type { PanelResource } from './panel-resource.js'

/** The audit log, newest first and read-only. */
export const auditEvents: PanelResource = {
  table: 'audit_events',
  list: {
    read: ['id', 'at', 'event', 'user_id', 'actor_id', 'device', 'address', 'browser', 'request_id', 'details'],
    filter: {
      id: 'id',
      at: 'time',
      event: 'exact',
      user_id: 'owner',
      actor_id: 'owner',
      device: 'exact',
      address: 'exact',
    },
    sort: ['id', 'at'],
    // Rows are only ever added, so the ID has the same order as the time.
    sortAs: { at: 'id' },
    title: 'event',
    search: [],
  },
  options: {
    navigation: { name: null, icon: 'List' },
    sort: { sortBy: 'at', direction: 'desc' },
    listProperties: ['at', 'event', 'user_id', 'actor_id', 'device', 'address'],
    showProperties: ['at', 'event', 'user_id', 'actor_id', 'device', 'address', 'browser', 'request_id', 'details'],
    filterProperties: ['at', 'event', 'user_id', 'actor_id', 'device', 'address'],
    properties: {
      event: { components: { list: 'EventName', show: 'EventName' } },
      browser: { components: { show: 'BrowserName' } },
      details: { type: 'string', components: { show: 'EventDetails' } },
    },
  },
}
