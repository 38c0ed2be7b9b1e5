import type { KindPart } from '../../otp/kind-registry/kind-panel.js'
import type { PanelResource } from './panel-resource.js'

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
