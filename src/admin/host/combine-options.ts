import type { AdminJSOptions, BrandingOptions } from '../adminjs.js'

/** Ours that the host cannot change: where the panel is, and how people come in and out. */
type OwnOptions = Omit<AdminJSOptions, 'branding'> & { branding: BrandingOptions; resources: readonly unknown[] }

/**
 * The host's options beside ours. Ours stay: addresses, users, devices and the audit trail.
 * The host's come after them in the menu, and its dashboard and branding take the place of ours.
 */
export function combineOptions(own: OwnOptions, host: AdminJSOptions): AdminJSOptions {
  // Themes are scripts that AdminJS would serve itself; our colours are the reader's choice of light or dark.
  const { availableThemes: _themes, defaultTheme: _theme, assetsCDN: _cdn, branding, dashboard, ...rest } = host
  return {
    ...rest,
    ...own,
    branding: async (user) => ({
      ...own.branding,
      ...(typeof branding === 'function' ? await branding(user) : branding),
    }),
    settings: { ...own.settings, ...host.settings },
    resources: [...own.resources, ...(host.resources ?? [])],
    ...(dashboard?.component && { dashboard }),
  }
}
