import React from 'react'
import { Badge } from '@adminjs/design-system'
import { type BasePropertyProps, useTranslation } from 'adminjs'

/** Shows how a person is protected: the kinds of their active devices, and a warning unless one of them is enough. */
export function SecondFactor({ record }: BasePropertyProps) {
  const { translateLabel } = useTranslation()
  const state = String(record?.params['second_factor'] ?? '')
  const kinds = String(record?.params['active_kinds'] ?? '').split(',')
  const names = kinds.filter((kind) => kind !== '').map((kind) => translateLabel(`one_${kind}_devices`))
  return (
    <span className="second-factor">
      {state !== 'active' && (
        <Badge variant={state === 'none' ? 'danger' : 'info'}>
          {translateLabel(`second_factor.${state}`, 'users')}
        </Badge>
      )}
      {state !== 'backup_only' && names.length > 0 && <span>{names.join(', ')}</span>}
    </span>
  )
}
