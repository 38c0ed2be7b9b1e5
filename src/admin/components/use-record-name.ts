import { type RecordJSON, useTranslation } from 'adminjs'
import { nameBrowser, UNKNOWN_BROWSER } from '../../client-info.js'

/** Returns the name of a record: that of the person or the device, or the event's text. */
export function useRecordName({ id, params, title }: RecordJSON, resourceId: string): string {
  const { translateComponent, translateLabel } = useTranslation()
  if (resourceId === 'users') return params['name'] || params['email']
  if (resourceId === 'audit_events')
    return translateComponent(`Events.${title}`, undefined, { defaultValue: title.replaceAll('_', ' ') })
  if (resourceId === 'trusted_browsers')
    return nameBrowser(title ?? UNKNOWN_BROWSER, translateComponent('BrowserName.unknown'))
  return resourceId === 'static_tokens' ? `${translateLabel('one_static_tokens')} ${id}` : title
}
