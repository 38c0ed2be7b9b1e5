/** Why an action changed nothing. The reasons are keys of `panel:refusals`; those of `fields` are by field name. */
export type RejectedAction =
  | { ok: false; code: 'not_found' }
  | { ok: false; code: 'too_many_requests'; retryAfter: number }
  | { ok: false; code: 'not_allowed'; reason: string }
  | { ok: false; code: 'bad_request'; fields: Readonly<Record<string, string>> }

/** The result of an action. A rejected one has changed nothing. */
export type ActionResult = { ok: true } | RejectedAction

export const succeeded: ActionResult = { ok: true }

/**
 * Creates the rejection of a missing permission.
 *
 * @param reason a key of `panel:refusals`
 */
export function notAllowed(reason: string): RejectedAction {
  return { ok: false, code: 'not_allowed', reason }
}
