import type { AdminJS, AdminJSOptions, BrandingOptions } from '../adminjs.js'

/** Components of AdminJS's top bar and sign-in, which the site replaces with its own. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['LanguageSelect', 'LoggedIn', 'Login', 'Version'])

/** Lists the host's options that have no effect here, by name. */
export async function unusedOptions(admin: AdminJS, options: AdminJSOptions): Promise<string[]> {
  const { version, dashboard, availableThemes, defaultTheme, assetsCDN, bundler, loginPath, logoutPath } = options
  const [branding, assets] = [await valueOf(options.branding), await valueOf(options.assets)]
  const candidates: readonly [string, unknown][] = [
    ['version', version?.admin ?? version?.app],
    ...ofBranding(branding),
    ['dashboard.handler without a component', dashboard?.component ? undefined : dashboard?.handler],
    ['availableThemes', availableThemes?.length],
    ['defaultTheme', defaultTheme],
    ['assets.coreScripts', assets?.coreScripts],
    ['assets.scripts of another origin', assets?.scripts?.some(isBlockedUrl)],
    ['assets.styles of another origin', assets?.styles?.some(isBlockedUrl)],
    ['assetsCDN', assetsCDN],
    ['bundler.babelConfig', bundler?.babelConfig],
    ['loginPath', loginPath !== '/admin/login' && loginPath],
    ['logoutPath', logoutPath !== '/admin/logout' && logoutPath],
  ]
  const overridden = Object.keys(admin.componentLoader.getComponents()).filter((name) => NOT_SHOWN.has(name))
  return [
    ...candidates.flatMap(([name, value]) => (value ? [name] : [])),
    ...overridden.map((name) => `the component ${name}`),
  ]
}

function ofBranding(branding: BrandingOptions | undefined): [string, unknown][] {
  return [
    ['branding.favicon', branding?.favicon],
    ['branding.theme', branding?.theme],
    ['branding.logo of another origin', branding?.logo && !isImageData(branding.logo) && isBlockedUrl(branding.logo)],
  ]
}

/**
 * Checks for a URL with a scheme or a host, as browsers read it: a backslash is a slash. One of the
 * site itself is rare, and can be written as a path. `data:` is allowed for images only.
 */
const isBlockedUrl = (url: string) => /^\s*(?:[a-z][a-z\d+.-]*:|[\\/]{2})/i.test(url)
const isImageData = (url: string) => /^\s*data:/i.test(url)

/** Returns an option's value. AdminJS calls these functions without a current admin as well. An error is ignored. */
async function valueOf<Value extends object>(
  option: Value | (() => Value | Promise<Value>) | undefined,
): Promise<Value | undefined> {
  if (typeof option !== 'function') return option
  try {
    return await option()
  } catch {
    return undefined
  }
}
