import type { Cause } from '../../otp/device.js'
import { parseAssertion } from './parse-response.js'

/** Returns the key of the text that explains why a security key's response was rejected. */
export function explainAssertion(token: string, because: Cause | undefined): string {
  if (!parseAssertion(token)) return 'keys:unreadable'
  return keySuspicionText(because) ?? 'keys:refused'
}

/** Returns the key of the text about a security key that may have been copied. Undefined for all other causes. */
export function keySuspicionText(because: Cause | undefined): string | undefined {
  if (because === 'backup_changed') return 'keys:backup_changed'
  return because === 'counter_not_higher' ? 'keys:stopped_counting' : undefined
}
