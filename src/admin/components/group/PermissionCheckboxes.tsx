import React from 'react'
import { type EditPropertyProps, useTranslation } from 'adminjs'
import { FieldError } from '../FieldError.js'
import { listParam } from '../list-param.js'
import { usePermissionNames } from './use-permission-names.js'

/** Shows checkboxes for a group's permissions, one row for each resource. */
export function PermissionCheckboxes({ record, property, onChange }: EditPropertyProps) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const held = listParam(record?.params, property.path)
  const { rows, viewAll } = usePermissionNames(property.custom)
  const box = (permission: string, name: string) => (
    <label key={permission}>
      <input
        type="checkbox"
        checked={held.includes(permission)}
        onChange={({ target }) => {
          const others = held.filter((each) => each !== permission)
          onChange(property.path, target.checked ? [...others, permission] : others)
        }}
      />{' '}
      {name}
    </label>
  )
  const kinds = rows.filter(({ isOfDevices }) => isOfDevices)
  const someKinds = kinds.some(({ permissions }) => permissions.some((permission) => held.includes(permission.text)))
  const line = ({ resource, label, permissions }: (typeof rows)[number]) => (
    <div className="permission-row" role="group" aria-label={label} key={resource}>
      <span aria-hidden>{label}</span>
      <div>{permissions.map((permission) => box(permission.text, permission.name))}</div>
    </div>
  )
  return (
    <fieldset className="panel-boxes">
      <legend>{translateProperty(property.label, property.resourceId)}</legend>
      <p className="panel-hint">{text('PermissionBoxes.hint')}</p>
      <div className="permission-row">{box(viewAll, text('GroupPermissions.view_all'))}</div>
      {rows.filter(({ isOfDevices }) => !isOfDevices).map(line)}
      <details open={someKinds}>
        <summary>{text('PermissionBoxes.some_kinds')}</summary>
        {kinds.map(line)}
      </details>
      <FieldError record={record} name={property.path} />
    </fieldset>
  )
}
