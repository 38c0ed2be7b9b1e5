import React from 'react'
import { ValueGroup } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { formatLocalTime } from '../use-owned-records.js'

/** `undelivered_invitation` of src/admin/actions/show-waits.ts. The reason is `expired` or the mail server's codes. */
interface DeliveryFailure {
  at: string
  reason: string
}

/** Shows on a person's page what to do if their invitation could not be delivered. */
export function UndeliveredInvitation({ record, property }: BasePropertyProps) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const undelivered: DeliveryFailure | undefined = record?.params[property.path] ?? undefined
  if (!undelivered) return null
  const key = undelivered.reason === 'expired' ? 'expired' : 'refused'
  const code = /\b\d{3}( \d\.\d+\.\d+)?/.exec(undelivered.reason)?.[0] ?? undelivered.reason
  const facts = { time: formatLocalTime(undelivered.at), reason: code }
  return (
    <ValueGroup label={translateProperty(property.label, property.resourceId)}>
      <p role="status">{text(`UndeliveredInvitation.${key}`, undefined, facts)}</p>
    </ValueGroup>
  )
}
