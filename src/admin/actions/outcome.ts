/** Why a writing verb did nothing. The reasons are keys of `panel:refusals`, those of single fields by their names. */
export type Refused =
  | { ok: false; code: 'not_found' }
  | { ok: false; code: 'too_many_requests'; retryAfter: number }
  | { ok: false; code: 'not_allowed'; reason: string }
  | { ok: false; code: 'bad_request'; fields: Readonly<Record<string, string>> }

/** What a writing verb comes to. Refused, it has changed nothing. */
export type Outcome = { ok: true } | Refused

export const done: Outcome = { ok: true }

/** @param reason a key of `panel:refusals` */
export function notAllowed(reason: string): Refused {
  return { ok: false, code: 'not_allowed', reason }
}
