import type { Request } from 'express'

/** The texts of the banner about a second factor that is still missing. */
export interface EnrolmentBanner {
  text: string
  /** Label of the link to the setup. Null if the user cannot set up a device without an administrator. */
  link: string | null
}

/** Builds the banner with the days left of the user's grace period, rounded up. Null if no second factor is due. */
export function enrolmentBanner({
  secondFactorDue,
  t,
}: Pick<Request, 'secondFactorDue' | 't'>): EnrolmentBanner | null {
  if (!secondFactorDue) return null
  const { daysLeft, kinds, maySetUp } = secondFactorDue
  const names = kinds?.map((kind) => t(`pages:kinds.${kind}`)).join(', ')
  const sentences = [
    daysLeft > 0 ? t('pages:layout.due', { count: daysLeft }) : t('pages:layout.due_now'),
    ...(names ? [t('pages:layout.due_kinds', { kinds: names })] : []),
    ...(maySetUp ? [] : [t('pages:no_device.ask')]),
  ]
  return { text: sentences.join(' '), link: maySetUp ? t('pages:layout.due_set_up') : null }
}
