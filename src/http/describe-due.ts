import type { Request } from 'express'

/** The words of the banner about a second factor that is still missing. */
export interface DueNotice {
  text: string
  /** What the link to the set-up is called; null: he cannot set one up by himself. */
  link: string | null
}

/** Counts down, in begun days, to the end of somebody's grace. Null: nothing is due. */
export function describeDue({ secondFactorDue, t }: Pick<Request, 'secondFactorDue' | 't'>): DueNotice | null {
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
