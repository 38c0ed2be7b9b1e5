import React from 'react'
import { Label } from '@adminjs/design-system'
import { type BasePropertyProps, useTranslation } from 'adminjs'
import { listParam } from '../list-param.js'
import { usePermissionNames } from './use-permission-names.js'

/** Lists a group's permissions, by resource. */
export function GroupPermissions({ record, property }: BasePropertyProps) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const held = new Set(listParam(record?.params, property.path))
  const { rows, viewAll } = usePermissionNames(property.custom)
  const shown = rows
    .map(({ label, permissions, ...row }) => ({
      ...row,
      label,
      names: permissions.filter(({ text: each }) => held.has(each)),
    }))
    .filter(({ names }) => names.length > 0)
  return (
    <section className="panel-section">
      <Label>{translateProperty(property.label, property.resourceId)}</Label>
      {held.size === 0 && <p className="panel-empty">{text('GroupPermissions.none')}</p>}
      {held.has(viewAll) && <p>{text('GroupPermissions.view_all')}</p>}
      <dl className="permission-list">
        {shown.map(({ resource, label, names }) => (
          <div key={resource}>
            <dt>{label}</dt>
            <dd>{names.map(({ name }) => name).join(', ')}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
