import type { AdminJSOptions, BrandingOptions } from '../adminjs.js'

/** The site's options, which include those that the host cannot change: the paths of the panel, sign-in and sign-out. */
type OwnOptions = Omit<AdminJSOptions, 'branding'> & { branding: BrandingOptions; resources: readonly unknown[] }

/**
 * Combines the host's options with the site's. The site's paths and resources stay. The host's
 * resources follow them in the menu, and its dashboard and branding replace the site's.
 */
export function mergeOptions(own: OwnOptions, host: AdminJSOptions): AdminJSOptions {
  // AdminJS would serve themes as scripts itself. The panel follows the browser's light or dark setting.
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
