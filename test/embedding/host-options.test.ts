import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { AdminJSOptions } from 'adminjs'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { createTestUser, signIn } from '../support/site.js'
import { loaderOf, startHostSite } from './host/start-host-site.js'

const types = readFileSync(
  path.join(packageRoot, 'node_modules/adminjs/types/src/adminjs-options.interface.d.ts'),
  'utf8',
)
const loader = readFileSync(
  path.join(packageRoot, 'node_modules/adminjs/lib/backend/utils/component-loader.js'),
  'utf8',
)
const docs = readFileSync(path.join(packageRoot, 'docs/guides/adminjs.md'), 'utf8')
const unsupported = docs.slice(docs.indexOf('## What is not supported'))

/** The names of an interface or type of AdminJS, from its own declarations. */
function namesOf(type: string): string[] {
  const [, body = ''] = new RegExp(`(?:interface|type) ${type}\\b[^{]*\\{\\n(.*?)\\n\\}`, 's').exec(types) ?? []
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name = '']) => name)
}

/** Every overridable component, from AdminJS's own list. */
const components = [...(/defaultComponents = \[(.*?)\]/s.exec(loader)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
  ([, name = '']) => name,
)

type Example = Partial<AdminJSOptions>
const handler = () => Promise.resolve({})

const coreScripts = {
  'app.bundle.js': 'app.1.js',
  'components.bundle.js': 'components.1.js',
  'design-system.bundle.js': 'design.1.js',
  'global.bundle.js': 'global.1.js',
}

/** Options without an effect, with an example of each: the name in the log, and what is documented. */
const unused: Record<string, Example> = {
  version: { version: { app: '2.0.1' } },
  'branding.favicon': { branding: { favicon: '/my.ico' } },
  'branding.theme': { branding: () => ({ theme: { colors: {} } }) },
  'branding.logo of another origin': { branding: { logo: 'https://cdn.example/logo.png' } },
  'dashboard.handler without a component': { dashboard: { handler } },
  availableThemes: { availableThemes: [{ id: 'dark', name: 'Dark', overrides: {} }] },
  defaultTheme: { defaultTheme: 'dark' },
  'assets.coreScripts': { assets: () => Promise.resolve({ coreScripts }) },
  'assets.scripts of another origin': { assets: { scripts: ['//cdn.example/x.js'] } },
  'assets.styles of another origin': { assets: () => ({ styles: ['https://cdn.example/x.css'] }) },
  assetsCDN: { assetsCDN: 'https://cdn.example' },
  'bundler.babelConfig': { bundler: { babelConfig: {} } },
  loginPath: { loginPath: '/sign-in' },
  logoutPath: { logoutPath: '/sign-out' },
}

/** Options that work, and what shows it on the page or at start-up. */
const working: Record<string, Example> = {
  'branding.companyName': { branding: () => ({ companyName: 'Shown' }) },
  'branding.logo': { branding: { logo: '/Shown.png' } },
  'branding.withMadeWithLove': { branding: { companyName: 'Shown', withMadeWithLove: true } },
  'assets.scripts': { assets: () => Promise.resolve({ scripts: ['/Shown.js'] }) },
  'assets.styles': { assets: { styles: ['/Shown.css'] } },
  pages: { pages: { Shown: { component: 'Greeting', handler } } },
  'dashboard.component': { dashboard: { component: 'Shown', handler }, componentLoader: loaderOf('Shown') },
  locale: { locale: { language: 'en', translations: { en: { labels: { orders: 'Shown' } } } } },
  env: { env: { SHOWN: 'Shown' } },
}

/** Shown by other tests: host-admin (databases, resources, components, rootPath), lists (settings). */
const elsewhere = ['rootPath', 'databases', 'componentLoader', 'resources', 'settings']

async function open(options: Example) {
  const site = await startHostSite({ options: () => options })
  const logged = site.log.filter((line) => line.includes('host_option_unused'))
  const page = await (await signIn(site, await createTestUser(site))).get('/admin')
  const [script = ''] = /\/admin\/host-assets\/[^"]+/.exec(page.text) ?? []
  const browser = await signIn(site, await createTestUser(site))
  const bundle = script ? (await browser.get(script)).text : ''
  await site.close()
  return { logged, page: page.text, bundle }
}

describe('every option of AdminJS', () => {
  it('is in one of these tables', () => {
    const known = new Set(
      [...Object.keys(unused), ...Object.keys(working), ...elsewhere].map((name) => name.split(/[. ]/)[0]),
    )
    expect(namesOf('AdminJSOptions').length).toBeGreaterThan(15)
    expect(namesOf('AdminJSOptions').filter((name) => !known.has(name))).toEqual([])
    const nested = (type: string, option: string) =>
      namesOf(type).filter(
        (name) =>
          ![unused, working].some((table) => Object.keys(table).some((each) => each.startsWith(`${option}.${name}`))),
      )
    expect(nested('BrandingOptions', 'branding')).toEqual([])
    expect(nested('Assets', 'assets')).toEqual([])
    expect(namesOf('VersionSettings')).toEqual(['admin', 'app'])
    expect(namesOf('AdminJSSettings')).toEqual(['defaultPerPage'])
    expect(namesOf('BundlerOptions')).toEqual(['babelConfig'])
  })

  it.each(Object.entries(unused))(
    'is documented and named once at start-up, without an effect: %s',
    async (name, options) => {
      const { logged } = await open(options)
      expect(logged).toEqual([expect.stringContaining(`option ${name} has no effect`)])
      expect(unsupported).toContain(`\`${name.split(' ')[0]}\``)
    },
  )

  it.each(Object.entries(working))('works: %s', async (_name, options) => {
    const { logged, page, bundle } = await open(options)
    expect(logged).toEqual([])
    expect(page + bundle).toContain('Shown')
  })
})

it.each([
  'http://cdn.example/x',
  'HTTPS:cdn.example/x',
  ' //cdn.example/x',
  '/\\cdn.example/x',
  '\\\\cdn.example/x',
  'data:text/javascript,alert(1)',
  'blob:https://cdn.example/1',
])('names a script and a style sheet that the page would not load: %s', async (url) => {
  const { logged } = await open({ assets: { scripts: ['/own.js', url], styles: [url, '/own.css'] } })
  expect(logged).toHaveLength(2)
})

it.each(['data:image/png;base64,AA', '/own.png', 'own.png', ''])('shows a logo of the site: %s', async (logo) => {
  expect((await open({ branding: { logo } })).logged).toEqual([])
})

it('shows every component that AdminJS lets a host override, or names it', async () => {
  const componentLoader = loaderOf('Greeting')
  const file = path.join(import.meta.dirname, 'host/Greeting.jsx')
  for (const name of components) componentLoader.override(name, file)
  expect(components.length).toBeGreaterThan(60)
  const { logged, bundle } = await open({ componentLoader })
  const named = components.filter((name) => logged.some((line) => line.includes(`the component ${name} `)))
  expect(named.toSorted()).toEqual(['LoggedIn', 'Login', 'Version'])
  expect(logged).toHaveLength(named.length)
  for (const name of components) expect(bundle).toContain(`UserComponents.${name} =`)
  for (const name of named) expect(unsupported).toContain(`\`${name}\``)
})
