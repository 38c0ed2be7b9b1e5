import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { type BasePropertyProps, type EditPropertyProps, useTranslation } from 'adminjs'
import { FieldError } from '../FieldError.js'
import { listParam } from '../list-param.js'

/** Shows checkboxes for the kinds of device that a group's policy accepts. */
export function KindCheckboxes({ record, property, onChange }: EditPropertyProps) {
  const { translateComponent: text, translateLabel, translateProperty } = useTranslation()
  const ticked = listParam(record?.params, property.path)
  const kinds: string[] = property.custom['kinds'] ?? []
  const tick = (kind: string, isOn: boolean) => {
    const others = ticked.filter((each) => each !== kind)
    onChange(property.path, isOn ? [...others, kind] : others)
  }
  return (
    <fieldset className="panel-boxes">
      <legend>{translateProperty(property.label, property.resourceId)}</legend>
      <p className="panel-hint">{text('KindBoxes.hint')}</p>
      <div className="permission-row">
        <div>
          {kinds.map((kind) => (
            <label key={kind}>
              <input
                type="checkbox"
                checked={ticked.includes(kind)}
                onChange={({ target }) => tick(kind, target.checked)}
              />{' '}
              {translateLabel(`one_${kind}_devices`)}
            </label>
          ))}
        </div>
      </div>
      <FieldError record={record} name={property.path} />
    </fieldset>
  )
}

/** Lists the kinds of device that a group's policy accepts. */
export function GroupKinds({ record, property }: BasePropertyProps) {
  const { translateComponent: text, translateLabel, translateProperty } = useTranslation()
  const kinds = listParam(record?.params, property.path)
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      {kinds.length === 0
        ? text('KindBoxes.all')
        : kinds.map((kind) => translateLabel(`one_${kind}_devices`)).join(', ')}
    </ValueGroup>
  )
}
