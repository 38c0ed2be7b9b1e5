import type { PanelServices } from '../panel-services.js'

type Warn = PanelServices['warn']

const warned = new WeakMap<Warn, Set<string>>()

/** Logs each warning once while the site runs. */
export function warnOnce(warn: Warn, code: string, message: string): void {
  const before = warned.get(warn) ?? new Set<string>()
  warned.set(warn, before)
  if (before.has(message)) return
  before.add(message)
  warn(code, message)
}
