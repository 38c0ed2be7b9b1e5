import { createFunctions } from 'adminjs'
import { createInstance } from 'i18next'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AdminJSOptions, locales } from '../../src/admin/adminjs.js'
import { type Language, languages } from '../../src/i18n/translator.js'
import { readTexts } from '../i18n/read-texts.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

type Texts = { [name: string]: string | Texts }

const state = z.object({
  locale: z.object({ language: z.string(), translations: z.record(z.string(), z.custom<Texts>()) }),
  resources: z.array(z.object({ id: z.string(), name: z.string() })),
})

/** The shop names nothing. */
const unnamed = { language: 'en', translations: {} }

/** AdminJS's own way to look up a text, in the given texts. */
function translateWith(language: string, texts: Texts) {
  const i18n = createInstance({
    lng: language,
    resources: { [language]: { translation: texts } },
    interpolation: { escapeValue: false },
    initAsync: false,
  })
  void i18n.init()
  return createFunctions(z.custom<Parameters<typeof createFunctions>[0]>().parse(i18n))
}

async function pageIn(shop: HostSite, person: TestUser, language: string) {
  const browser = await signIn(shop, person)
  const { text } = await browser.visit('/admin', { headers: { 'Accept-Language': language } })
  const { locale, resources } = state.parse(JSON.parse(/id="panel-state">(.*?)<\/script>/.exec(text)?.[1] ?? '{}'))
  return { ...translateWith(language, locale.translations[language] ?? {}), resources }
}

/** What the panel calls a resource: in menus, paths and permissions, and above its list. */
async function namesOf(options: Partial<AdminJSOptions>, language: string, id: string): Promise<string[]> {
  const shop = await startHostSite({
    options: ({ Order }) => ({
      pages: {},
      locale: unnamed,
      ...options,
      resources: [{ resource: Order, options: { id } }],
    }),
  })
  const page = await pageIn(shop, await createTestUser(shop, { superuser: true }), language)
  await shop.close()
  return [page.translateLabel(id, id), page.translateAction('list', id)]
}

const ODD = `<b>x</b> & "y" </script><img src=x onerror="alert(1)"> $& %s`
const LONG = 'Everything that anyone has ever ordered from this shop '.repeat(10).trim()

const translations = (en: object, de: object = {}) => ({
  locale: { language: 'en', translations: { en, de } },
})

describe('the name that an application gives to a resource', () => {
  it.each<[string, string, object, string, string]>([
    ['nothing at all', 'orders', {}, 'Orders', 'Orders'],
    ['an id of several words', 'order_lines', {}, 'Order Lines', 'Order Lines'],
    ['an id in camel case', 'orderLines2HTTPLog', {}, 'Order Lines 2 HTTP Log', 'Order Lines 2 HTTP Log'],
    ['labels', 'orders', translations({ labels: { orders: 'Sales' } }), 'Sales', 'Sales'],
    [
      'labels in two languages',
      'orders',
      translations({ labels: { orders: 'Sales' } }, { labels: { orders: 'Bestellungen' } }),
      'Sales',
      'Bestellungen',
    ],
    [
      'labels of the resource',
      'orders',
      translations({ resources: { orders: { labels: { orders: 'Sales' } } } }),
      'Sales',
      'Sales',
    ],
    [
      'labels of the resource here and labels for all there',
      'orders',
      translations({ resources: { orders: { labels: { orders: 'Sales' } } } }, { labels: { orders: 'Bestellungen' } }),
      'Sales',
      'Bestellungen',
    ],
    [
      'labels of an id with dots',
      'shop.orders',
      translations(
        { labels: { 'shop.orders': 'Sales' } },
        { resources: { 'shop.orders': { labels: { 'shop.orders': 'Bestellungen' } } } },
      ),
      'Sales',
      'Bestellungen',
    ],
    ['an id of another script', 'größe', {}, 'Größe', 'Größe'],
    ['what could be markup', 'orders', translations({ labels: { orders: ODD } }), ODD, ODD],
    [
      'letters from right to left',
      'orders',
      translations({ labels: { orders: 'طلبات (2)' } }),
      'طلبات (2)',
      'طلبات (2)',
    ],
    ['a whole sentence', 'orders', translations({ labels: { orders: LONG } }), LONG, LONG],
    ['a name of one sign', 'orders', translations({ labels: { orders: '🚲' } }), '🚲', '🚲'],
    [
      'a name that is a property of every object',
      'orders',
      translations({ labels: { orders: 'constructor' } }),
      'constructor',
      'constructor',
    ],
    ['an id that is a property of every object', 'toString', {}, 'To String', 'To String'],
    ['no text at all', 'orders', translations({ labels: { orders: '' } }), 'Orders', 'Orders'],
    [
      'no text in one language',
      'orders',
      translations({ labels: { orders: 'Sales' } }, { labels: { orders: '' } }),
      'Sales',
      'Sales',
    ],
  ])('is used in the menu, in paths and above the list: %s', async (_name, id, options, en, de) => {
    expect(await namesOf(options, 'en', id)).toEqual([en, en])
    expect(await namesOf(options, 'de', id)).toEqual([de, de])
  })

  it('is not used above a list that has its own heading', async () => {
    const own = translations({ resources: { orders: { labels: { orders: 'Sales' }, actions: { list: 'All sales' } } } })
    expect(await namesOf(own, 'en', 'orders')).toEqual(['Sales', 'All sales'])
  })

  it('is used for a resource of the site as well', async () => {
    const shop = await startHostSite({
      options: () => ({ locale: { language: 'en', translations: { en: { labels: { users: 'Members' } } } } }),
    })
    const page = await pageIn(shop, await createTestUser(shop, { superuser: true }), 'en')
    await shop.close()
    expect([page.translateLabel('users', 'users'), page.translateAction('list', 'users')]).toEqual([
      'Members',
      'Members',
    ])
    expect(page.translateLabel('groups', 'groups')).toBe('Groups')
  })
})

describe.each(languages)('a resource of the application in %s', (language) => {
  let shop: HostSite
  let page: Awaited<ReturnType<typeof pageIn>>
  beforeAll(async () => {
    shop = await startHostSite({ options: () => ({ locale: unnamed }) })
    page = await pageIn(shop, await createTestUser(shop, { superuser: true }), language)
  })
  afterAll(() => shop.close())

  it("uses none of the site's words for its columns, values, actions, buttons and messages", () => {
    const plain = translateWith(language, plainTexts(language))
    const wrong = keysOf(language).flatMap(({ namespace, name }) => {
      const [said, expected] = [page, plain].map((texts) => texts[translators[namespace]](name, 'orders'))
      return said === expected ? [] : [{ namespace, name, said, expected }]
    })
    expect(wrong).toEqual([])
  })

  it("leaves the site's words to the site's resources", () => {
    const ours = translateWith(language, oursIn(language))
    const wrong = keysOf(language).flatMap(({ namespace, name }) => {
      const [said, expected] = [page, ours].map((texts) => texts[translators[namespace]](name, 'totp_devices'))
      return said === expected ? [] : [{ namespace, name, said, expected }]
    })
    expect(wrong).toEqual([])
  })
})

const translators = {
  properties: 'translateProperty',
  labels: 'translateLabel',
  actions: 'translateAction',
  buttons: 'translateButton',
  messages: 'translateMessage',
} as const
type Namespace = keyof typeof translators
const isNamespace = (name: string): name is Namespace => Object.hasOwn(translators, name)

/** Parts of the page, outside of any resource: the menu, and the texts of missing pages. */
const OF_THE_PAGE = /^(dashboard|navigation|one_\w+|error404\w+)$/

/** Every name for which the site has a text, a value's below its column's, including those of single resources. */
function keysOf(language: Language): { namespace: Namespace; name: string }[] {
  return [...readTexts(language).keys()].flatMap((key) => {
    const [, namespace = '', name = ''] = /^panel:adminjs\.(?:resources\.\w+\.)?(\w+)\.(.+)$/.exec(key) ?? []
    return isNamespace(namespace) &&
      !OF_THE_PAGE.test(name) &&
      !/_(one|few|many|other)$/.test(name) &&
      !(namespace === 'actions' && name === 'list')
      ? [{ namespace, name }]
      : []
  })
}

function oursIn(language: Language): Texts {
  const texts: Texts = {}
  for (const [key, text] of readTexts(language)) {
    const [, path] = /^panel:adminjs\.(.+)$/.exec(key) ?? []
    if (path !== undefined) texts[path] = text
  }
  return texts
}

/** AdminJS's own texts. If it lacks the language, the site's for the same keys. */
function plainTexts(language: Language): Texts {
  const english = z.custom<Texts>().parse(locales.en)
  const known: unknown = Reflect.get(locales, language)
  if (known) return z.custom<Texts>().parse(known)
  const plain: Texts = structuredClone(english)
  for (const [path, text] of Object.entries(oursIn(language))) {
    const [namespace = '', name = ''] = path.split('.')
    const group = plain[namespace]
    if (typeof group === 'object' && name in group && !/^confirm(Bulk)?Delete$/.test(name)) group[name] = text
  }
  return plain
}
