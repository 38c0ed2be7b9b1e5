import type { AdminJS, AdminJSOptions } from '../adminjs.js'

/** Parts of AdminJS's top bar and sign-in, in whose place the site has its own. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['LanguageSelect', 'LoggedIn', 'Login', 'Version'])

/** What a host gives that has no effect here, in the words of its options. */
export function unusedOptions(admin: AdminJS, options: AdminJSOptions): string[] {
  const { version, branding, dashboard, availableThemes, assets, assetsCDN } = options
  const given: readonly [string, unknown][] = [
    ['version', version?.admin ?? version?.app],
    ['branding.favicon', typeof branding === 'object' ? branding.favicon : undefined],
    ['branding.theme', typeof branding === 'object' ? branding.theme : undefined],
    ['dashboard.handler without a component', dashboard?.component ? undefined : dashboard?.handler],
    ['availableThemes', availableThemes?.length],
    ['assets.coreScripts', typeof assets === 'object' ? assets.coreScripts : undefined],
    ['assetsCDN', assetsCDN],
  ]
  const overridden = Object.keys(admin.componentLoader.getComponents()).filter((name) => NOT_SHOWN.has(name))
  return [
    ...given.flatMap(([name, value]) => (value ? [name] : [])),
    ...overridden.map((name) => `the component ${name}`),
  ]
}
