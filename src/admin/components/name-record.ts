import { type RecordJSON, useTranslation } from 'adminjs'

/** What people call a record: the person, the device, what happened. */
export function useNameOf({ id, params, title }: RecordJSON, resourceId: string): string {
  const { translateComponent, translateLabel } = useTranslation()
  if (resourceId === 'users') return params['name'] || params['email']
  if (resourceId === 'audit_events')
    return translateComponent(`Events.${title}`, undefined, { defaultValue: title.replaceAll('_', ' ') })
  return resourceId === 'static_tokens' ? `${translateLabel('one_static_tokens')} ${id}` : title
}
