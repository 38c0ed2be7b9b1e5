import React from 'react'
import { Badge, type BadgeProps, ValueGroup } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'

const WARNS = [
  'sign_in_refused',
  'token_refused',
  'user_locked',
  'backup_token_used',
  'exported',
  'panel_refused',
  'policy_blocked',
  'mail_undelivered',
  'code_undelivered',
]
const TAKES_AWAY = [
  'device_switched_off',
  'device_removed',
  'two_factor_disabled',
  'sessions_ended',
  'trusted_browser_revoked',
  'group_removed',
  'member_removed',
]

/** Shows an event's text, in a colour for its severity. */
export function EventBadge({ event }: { event: string }) {
  const { translateComponent } = useTranslation()
  const variant: BadgeProps['variant'] = WARNS.includes(event)
    ? 'info'
    : TAKES_AWAY.includes(event)
      ? 'danger'
      : 'default'
  return (
    <Badge variant={variant} outline={variant === 'default'}>
      {translateComponent(`Events.${event}`, undefined, { defaultValue: event.replaceAll('_', ' ') })}
    </Badge>
  )
}

/** Shows an audit event's name, in lists and on its own page. */
export function EventName({ record, property, where }: BasePropertyProps) {
  const { translateProperty } = useTranslation()
  const badge = <EventBadge event={String(record?.params[property.path] ?? '')} />
  if (where === 'list') return badge
  return <ValueGroup label={translateProperty(property.label, property.resourceId)}>{badge}</ValueGroup>
}
