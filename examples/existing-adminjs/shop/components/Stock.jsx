import { Badge } from '@adminjs/design-system'
import React from 'react'

/** Shows how many are left, in red if the shop should order more. */
export default function Stock({ record }) {
  const left = Number(record.params.stock)
  return <Badge variant={left < 10 ? 'danger' : 'success'}>{`${left} left`}</Badge>
}
