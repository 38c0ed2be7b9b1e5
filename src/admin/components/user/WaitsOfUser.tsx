import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { formatLocalTime } from '../use-owned-records.js'
import { isolate } from '../../../typed-text/read-name.js'

/** An entry of `throttled` of src/admin/actions/show-waits.ts. */
interface Throttled {
  device: string
  name: string
  until: string
}

/** Shows when an account's lock and its devices' throttling end, or the throttling of one device. */
export function WaitsOfUser({ record, property }: BasePropertyProps) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const until: unknown = record?.params[property.path]
  const throttled: Throttled[] = record?.params['throttled'] ?? []
  if (typeof until !== 'string' && throttled.length === 0) return null
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      <div role="status">
        {typeof until === 'string' && <p>{formatLocalTime(until)}</p>}
        {throttled.map(({ device, name, until: end }) => (
          <p key={device}>
            {text('WaitsOfUser.device', undefined, { device: isolate(name), time: formatLocalTime(end) })}
          </p>
        ))}
      </div>
    </ValueGroup>
  )
}
