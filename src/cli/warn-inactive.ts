/** Says that the help just given is of no use yet. */
export function warnInactive({ email, is_active: isActive }: { email: string; is_active: boolean }): void {
  if (!isActive) console.error(`${email} is deactivated and cannot sign in. Reactivate the user in the panel.`)
}
