import type { PanelServices } from '../panel-services.js'

type Services = Pick<PanelServices, 'log'>

const warned = new WeakMap<Services, Set<string>>()

/** Logs each warning once while the site runs. */
export function warnOnce(services: Services, code: string, message: string): void {
  const before = warned.get(services) ?? new Set<string>()
  warned.set(services, before)
  if (before.has(message)) return
  before.add(message)
  services.log.warn({ code }, message)
}
