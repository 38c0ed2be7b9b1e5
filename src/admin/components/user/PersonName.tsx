import React from 'react'
import type { BasePropertyProps } from 'adminjs'

/** Shows a person's name and email address in one cell of the list. */
export function PersonName({ record }: BasePropertyProps) {
  const name = String(record?.params['name'] ?? '')
  return (
    <span className="person-name">
      {name !== '' && <bdi>{name}</bdi>}
      <span>{String(record?.params['email'] ?? '')}</span>
    </span>
  )
}
