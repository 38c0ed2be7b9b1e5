import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'

const PREFIX = 'details.'

/** What changed: AdminJS hands the JSON column on as `details.name`, `details.is_staff` and so on. */
export function EventDetails({ record, property }: BasePropertyProps) {
  const { translateProperty } = useTranslation()
  const details = Object.entries(record?.params ?? {}).filter(([name]) => name.startsWith(PREFIX))
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      {details.length === 0
        ? '–'
        : details.map(([name, value]) => (
            <div key={name}>
              {translateProperty(name.slice(PREFIX.length))}:{' '}
              <strong>
                <bdi>{String(value)}</bdi>
              </strong>
            </div>
          ))}
    </ValueGroup>
  )
}
