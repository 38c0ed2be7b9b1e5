import { Badge } from '@adminjs/design-system'
import React from 'react'

/** How many are left, in a colour that says whether to order more. */
export default function Stock({ record }) {
  const left = Number(record.params.stock)
  return <Badge variant={left < 10 ? 'danger' : 'success'}>{`${left} left`}</Badge>
}
