import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type HostSite, startHostSite } from '../embedding/host/start-host-site.js'
import { accessibilityViolations, openPage, useChromium } from '../support/chromium.js'
import { createTestUser, signIn, stepUp } from '../support/site.js'

/** What the host application calls its orders, their actions and its page. */
const words = {
  en: { name: 'Sales', group: 'Till', refund: 'Pay back', export: 'Print', page: 'Good morning', permission: 'View' },
  de: {
    name: 'Verkäufe',
    group: 'Kasse',
    refund: 'Zurückzahlen',
    export: 'Drucken',
    page: 'Guten Morgen',
    permission: 'Ansehen',
  },
}
const textsOf = ({ name, group, refund, export: print, page }: (typeof words)['en']) => ({
  labels: { till: group },
  pages: { greeting: page },
  resources: { orders: { labels: { orders: name }, actions: { refund, export: print } } },
})

let shop: HostSite
let order: string
let group: string

const action = { actionType: 'record', component: false, handler: () => Promise.resolve({}) } as const

beforeAll(async () => {
  shop = await startHostSite({
    access: 'groups',
    options: ({ Order }) => ({
      resources: [
        { resource: Order, options: { navigation: { name: 'till' }, actions: { refund: action, export: action } } },
      ],
      locale: { language: 'en', translations: { en: textsOf(words.en), de: textsOf(words.de) } },
    }),
  })
  order = String((await shop.Order.create({ title: 'Twelve eggs', amount: 12 })).get('id'))
  const boss = await signIn(shop, await createTestUser(shop, { superuser: true }))
  await stepUp(boss)
  const permissions = ['orders.view', 'orders.refund', 'orders.export', 'pages.greeting', 'users.export']
  const made = await boss.post('/admin/api/resources/groups/actions/new', {
    name: 'Tills',
    ...Object.fromEntries(permissions.map((text, place) => [`permissions.${place}`, text])),
  })
  const { record } = z.object({ record: z.object({ id: z.coerce.string() }) }).parse(JSON.parse(made.text))
  group = record.id
})
afterAll(() => shop?.close())
const chromium = useChromium()

const open = async (page: Page, path: string) => {
  await page.goto(`${shop.baseUrl}/admin/${path}`)
  await page.locator('main, [data-css$="-drawer"], section').first().waitFor()
}

describe.each(['en', 'de'] as const)('the name of a resource of the host, in %s', { timeout: 90_000 }, (language) => {
  const { name, group: till, refund, export: print, page: greeting, permission } = words[language]

  it('appears in menu, path, heading, permissions and the audit log', async () => {
    const person = await createTestUser(shop, { superuser: true })
    const signedIn = { browser: await signIn(shop, person), baseUrl: shop.baseUrl }
    const { page, context, complaints } = await openPage(chromium(), { signedIn })
    await page.setExtraHTTPHeaders({ 'Accept-Language': language })
    await open(page, 'resources/orders')
    await page.getByRole('heading', { name, exact: false }).waitFor()
    expect(await page.locator('.record-path').textContent()).toContain(`/ ${name}`)
    const menu = page.locator('[data-css="sidebar"]')
    await menu.getByText(till, { exact: true }).click()
    for (const entry of [name, greeting]) await menu.getByText(entry, { exact: true }).waitFor()
    await open(page, `resources/orders/records/${order}/show`)
    await page.locator('.record-path', { hasText: name }).waitFor()
    await open(page, `resources/groups/records/${group}/edit`)
    const row = page.getByRole('group', { name, exact: true })
    await row.waitFor()
    for (const box of [permission, refund, print])
      expect(await row.getByLabel(box, { exact: true }).isChecked()).toBe(true)
    expect(await page.getByLabel(greeting, { exact: true }).isChecked()).toBe(true)
    expect(await accessibilityViolations(page)).toEqual([])
    await open(page, `resources/groups/records/${group}/show`)
    await page.locator('.permission-list', { hasText: `${name}${permission}, ${refund}, ${print}` }).waitFor()
    const { rows } = await shop.database.pool.query("select id from audit_events where event = 'group_added'")
    await open(page, `resources/audit_events/records/${rows[0].id}/show`)
    const details = page.locator('section', { hasText: `${name} – ${refund}` }).last()
    await details.waitFor()
    const said = (await details.textContent()) ?? ''
    for (const part of [`${name} – ${permission}`, `${name} – ${print}`, `– ${greeting}`]) expect(said).toContain(part)
    expect(said).not.toMatch(/orders\.|users\./)
    expect(complaints).toEqual([])
    await context.close()
  })
})
