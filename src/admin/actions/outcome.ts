/** What a writing verb comes to. Refused, it has changed nothing. */
export type Outcome =
  { ok: true } | { ok: false; code: 'not_found' } | { ok: false; code: 'not_allowed'; reason: string }

export const done: Outcome = { ok: true }

/** @param reason a key of `panel:refusals` */
export function notAllowed(reason: string): Outcome {
  return { ok: false, code: 'not_allowed', reason }
}
