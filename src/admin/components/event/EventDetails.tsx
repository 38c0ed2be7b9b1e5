import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { nameBrowser } from '../../../client-info.js'
import { useNames } from '../group/use-permission-names.js'

const PREFIX = 'details.'

/** Shows what changed. AdminJS passes the JSON column as `details.name`, `details.is_staff` and so on. */
export function EventDetails({ record, property }: BasePropertyProps) {
  const { translateProperty } = useTranslation()
  const inWords = useDetailWords()
  const details = Object.entries(record?.params ?? {}).filter(([name]) => name.startsWith(PREFIX))
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      {details.length === 0
        ? '–'
        : details.map(([path, value]) => {
            const name = path.slice(PREFIX.length)
            return (
              <div key={name}>
                {translateProperty(name, property.resourceId)}:{' '}
                <strong>
                  <bdi>{inWords(name, String(value))}</bdi>
                </strong>
              </div>
            )
          })}
    </ValueGroup>
  )
}

/** Formats details: resources and permissions are stored by ID and shown by name, others are shown unchanged. */
function useDetailWords() {
  const { translateComponent } = useTranslation()
  const names = useNames()
  const permissionOf = (text: string) => {
    const [resource, permission] = [text.slice(0, text.lastIndexOf('.')), text.slice(text.lastIndexOf('.') + 1)]
    if (resource === '*') return translateComponent('GroupPermissions.view_all')
    return `${names.resource(resource)} – ${names.permission(resource, permission)}`
  }
  return (name: string, value: string) => {
    if (name === 'resource') return names.resource(value)
    if (name === 'browser') return nameBrowser(value, translateComponent('BrowserName.unknown'))
    return name === 'permissions' && value !== '' ? value.split(', ').map(permissionOf).join(', ') : value
  }
}
