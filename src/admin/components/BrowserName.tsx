import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { type BasePropertyProps, useTranslation } from 'adminjs'
import { nameBrowser } from '../../client-info.js'

/** Shows a browser, or an IP address with its browser, in lists and on a record's page. */
export function BrowserName({ record, property, where }: BasePropertyProps) {
  const { translateComponent, translateProperty } = useTranslation()
  const name = nameBrowser(record?.params[property.path] ?? '', translateComponent('BrowserName.unknown'))
  if (where === 'list') return name
  return <ValueGroup label={translateProperty(property.label, property.resourceId)}>{name}</ValueGroup>
}
