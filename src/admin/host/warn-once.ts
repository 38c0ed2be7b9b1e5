import type { PanelServices } from '../services.js'

type Warn = PanelServices['warn']

const told = new WeakMap<Warn, Set<string>>()

/** Tells each thing once for as long as the site runs: the log is read by people. */
export function warnOnce(warn: Warn, code: string, message: string): void {
  const before = told.get(warn) ?? new Set<string>()
  told.set(warn, before)
  if (before.has(message)) return
  before.add(message)
  warn(code, message)
}
