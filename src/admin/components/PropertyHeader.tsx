import React, { type ComponentType } from 'react'
import type { BasePropertyJSON } from 'adminjs'

interface HeaderProps {
  property: BasePropertyJSON
  display?: string | string[]
}

/** What small screens show beside the title; panel.css does the same for the cells. */
const ALWAYS = ['user_id', 'confirmed', 'is_active', 'at', 'device_id', 'group_id', 'member_count']

/** AdminJS's head of a column, which leaves small screens nothing but the title. */
export function PropertyHeader({
  OriginalComponent,
  ...props
}: HeaderProps & { OriginalComponent: ComponentType<HeaderProps> }) {
  return <OriginalComponent {...props} {...(ALWAYS.includes(props.property.name) && { display: 'table-cell' })} />
}
