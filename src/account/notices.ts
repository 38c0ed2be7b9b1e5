/** The confirmations that the account security page can show, by the value of `?done=`. */
export const NOTICES = [
  'added',
  'browser_trusted',
  'browsers_ended',
  'default_changed',
  'email_changed',
  'email_requested',
  'password_changed',
  'removed',
  'renamed',
  'session_ended',
  'sessions_ended',
  'synchronised',
  'too_late',
  'form_gone',
] as const

export type ProfileNotice = (typeof NOTICES)[number]

/** Returns the path of the account security page with a confirmation. */
export function profilePath(notice: ProfileNotice): string {
  return `/account/two-factor?done=${notice}`
}

/** Parses the value of `?done=`. @returns null if it is not a notice */
export function parseNotice(done: unknown): ProfileNotice | null {
  return NOTICES.find((notice) => notice === done) ?? null
}
