import type { PanelServices } from '../services.js'

type Warn = PanelServices['warn']

const told = new WeakMap<Warn, Set<string>>()

/** Logs each warning once while the site runs. */
export function warnOnce(warn: Warn, code: string, message: string): void {
  const before = told.get(warn) ?? new Set<string>()
  told.set(warn, before)
  if (before.has(message)) return
  before.add(message)
  warn(code, message)
}
