import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { type BasePropertyProps, useTranslation } from 'adminjs'

/** Shows a group's own policy setting; if it has none, that the site's setting applies. */
export function ValueOrSiteDefault({ record, property }: BasePropertyProps) {
  const { translateComponent, translateLabel, translateProperty } = useTranslation()
  const value = record?.params[property.path] ?? null
  const label = property.availableValues
    ? translateLabel(`${property.path}.${value}`, property.resourceId)
    : String(value)
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      {value === null ? translateComponent('OrAsSite.as_site') : label}
    </ValueGroup>
  )
}
