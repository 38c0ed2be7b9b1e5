import type { Request } from 'express'
import { nameBrowser, UNKNOWN_BROWSER } from '../../client-info.js'
import { formatDateTime } from './format-date-time.js'

/** The texts of the banner about failed attempts at the user's second factor, and of its two buttons. */
export interface FailedAttemptsBanner {
  text: string
  mine: string
  notMine: string
}

/** Builds the banner. Null if there were no failed attempts, or the user has already answered. */
export function failedAttemptsBanner({ session, t, language }: Request): FailedAttemptsBanner | null {
  const attempts = session?.failedAttempts
  if (!attempts) return null
  const sender = [attempts.browser, attempts.address].filter(Boolean).join(', ') || UNKNOWN_BROWSER
  const where = nameBrowser(sender, t('pages:profile.unknown_browser'))
  const at = formatDateTime(new Date(attempts.at), language)
  return {
    text: t('pages:layout.refused', { count: attempts.count, at, where }),
    mine: t('pages:layout.refused_mine'),
    notMine: t('pages:layout.refused_not_mine'),
  }
}
