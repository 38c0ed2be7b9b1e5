import React, { type ComponentType } from 'react'
import type { BasePropertyJSON } from 'adminjs'

interface HeaderProps {
  property: BasePropertyJSON
  display?: string | string[]
}

/** Columns that small screens show in addition to the title. panel.css has the same list for the cells. */
const ALWAYS = ['user_id', 'confirmed', 'second_factor', 'at', 'device_id', 'group_id', 'member_count']

/** Replaces AdminJS's column header, which only shows the title on small screens. */
export function PropertyHeader({
  OriginalComponent,
  ...props
}: HeaderProps & { OriginalComponent: ComponentType<HeaderProps> }) {
  return <OriginalComponent {...props} {...(ALWAYS.includes(props.property.name) && { display: 'table-cell' })} />
}
