import type { Request } from 'express'
import { UNKNOWN_BROWSER } from '../origin.js'
import { describeMoment } from './describe-moment.js'

/** The words of the notice about tries at somebody's second factor, and of what he can say to it. */
export interface RefusedTriesNotice {
  text: string
  mine: string
  notMine: string
}

/** Null: there were none, or the person has answered. */
export function describeRefusedTries({ session, t, language }: Request): RefusedTriesNotice | null {
  const tries = session?.refusedTries
  if (!tries) return null
  const browser = tries.browser === UNKNOWN_BROWSER ? t('pages:profile.unknown_browser') : tries.browser
  const where = [browser, tries.address].filter(Boolean).join(', ') || t('pages:profile.unknown_browser')
  const at = describeMoment(new Date(tries.at), language)
  return {
    text: t('pages:layout.refused', { count: tries.count, at, where }),
    mine: t('pages:layout.refused_mine'),
    notMine: t('pages:layout.refused_not_mine'),
  }
}
