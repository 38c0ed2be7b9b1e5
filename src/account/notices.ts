/** What the profile can say that was done, by the word in its address. */
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

/** The profile, saying what was done. */
export function profilePath(notice: ProfileNotice): string {
  return `/account/two-factor?done=${notice}`
}

/** The notice that an address names; anything else names none. */
export function parseNotice(done: unknown): ProfileNotice | null {
  return NOTICES.find((notice) => notice === done) ?? null
}
