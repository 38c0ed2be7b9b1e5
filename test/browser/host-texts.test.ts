import type { Page } from 'playwright-core'
import { DataTypes } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionContext, ForbiddenError, ValidationError } from '../../src/admin/adminjs.js'
import { type Language, languages } from '../../src/i18n/translator.js'
import { type HostSite, startHostSite } from '../embedding/host/start-host-site.js'
import { openPage, useChromium } from '../support/chromium.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

/** Characters that could be read as markup, as a pattern or as the end of a script. */
const ODD = `<b>x</b> & "y" </script><img src=x onerror="window.hit=1"> $& %s`

/** The texts of the host in one language; no text of the site is the same. */
const wordsIn = (language: Language) => ({
  name: `Sales ${ODD} ${language}`,
  column: `Headline <i>${language}</i>`,
  value: `Paid <i>${language}</i>`,
  pay: `Pay back <i>${language}</i>`,
  stop: `Stop <i>${language}</i>`,
  refuse: `Archive <i>${language}</i>`,
  paid: `{{amount}} euros went back <i>${language}</i>`,
  stopped: `The van is full <i>${language}</i>`,
  sure: `Really pay <i>${language}</i>`,
})
const textsIn = (language: Language) => {
  const { name, column, value, pay, stop, refuse, paid, stopped, sure } = wordsIn(language)
  return {
    resources: {
      orders: {
        labels: { orders: name, state: { paid: value } },
        properties: { title: column },
        actions: { pay, stop, refuse },
        messages: { paid, stopped, sure },
      },
    },
  }
}

const action = { actionType: 'record', component: false } as const
const REFUSED = `Paid orders stay ${ODD}`
const WRONG = 'Ask <b>Grace</b> & Co.'

const actions = {
  pay: {
    ...action,
    guard: 'sure',
    handler: (_request: unknown, _response: unknown, { record, currentAdmin }: ActionContext) =>
      Promise.resolve({
        record: record?.toJSON(currentAdmin),
        notice: { message: 'paid', type: 'success', options: { amount: 12 }, resourceId: 'orders' },
      }),
  },
  stop: {
    ...action,
    handler: (_request: unknown, _response: unknown, { record, currentAdmin }: ActionContext) =>
      Promise.resolve({
        record: record?.toJSON(currentAdmin),
        notice: { message: 'stopped', type: 'error', resourceId: 'orders' },
      }),
  },
  refuse: { ...action, handler: () => Promise.reject(new ForbiddenError(REFUSED)) },
  edit: {
    before: (request: { method?: string }) => {
      if (request.method === 'post') throw new ValidationError({ title: { message: WRONG } })
      return request
    },
  },
}

let shop: HostSite
let person: TestUser
let order: string

beforeAll(async () => {
  shop = await startHostSite({
    options: ({ Customer }, { sequelize }) => {
      const Order = sequelize.define(
        'Sale',
        { title: DataTypes.TEXT, state: DataTypes.TEXT, buyer: DataTypes.INTEGER },
        { tableName: 'orders', timestamps: false },
      )
      return {
        resources: [
          {
            resource: Order,
            options: {
              actions,
              properties: {
                state: { availableValues: [{ value: 'paid', label: 'paid' }] },
                buyer: { reference: 'customers' },
              },
            },
          },
          { resource: Customer, options: { properties: { name: { isTitle: true } } } },
        ],
        pages: {},
        locale: {
          language: 'en',
          translations: Object.fromEntries(languages.map((language) => [language, textsIn(language)])),
        },
      }
    },
  })
  await shop.database.pool.query('drop table orders')
  await shop.database.sequelize.model('Sale').sync()
  const customer = await shop.Customer.create({ name: ODD, card: 'x' })
  const row = await shop.database.sequelize
    .model('Sale')
    .create({ title: ODD, state: 'paid', buyer: customer.get('id') })
  order = String(row.get('id'))
  person = await createTestUser(shop, { superuser: true })
})
afterAll(() => shop?.close())
const chromium = useChromium()

async function openIn(language: Language) {
  const signedIn = { browser: await signIn(shop, person), baseUrl: shop.baseUrl }
  shop.clock.advance(30)
  const opened = await openPage(chromium(), { signedIn })
  await opened.page.setExtraHTTPHeaders({ 'Accept-Language': language })
  return opened
}

const go = (page: Page, path: string) => page.goto(`${shop.baseUrl}/admin/resources/${path}`)
describe.each(languages)('the texts of the host application in %s', { timeout: 90_000 }, (language) => {
  const words = wordsIn(language)

  it('appear in title, list, filter, form, dialog and notices, and never as markup', async () => {
    const { page, context, complaints } = await openIn(language)
    await go(page, 'orders')
    await page.getByRole('heading', { name: words.name }).waitFor()
    expect(await page.title()).toContain(words.name)
    await page.locator('thead').getByText(words.column).waitFor()
    await page.locator('tbody').getByText(words.value).waitFor()
    await page.locator('tbody').getByText(ODD).first().waitFor()
    await page.getByTestId('action-filter').click()
    await page.locator('form, [data-css$="filter-drawer"]').getByText(words.column).first().waitFor()
    await go(page, `orders/records/${order}/show`)
    await page.getByText(words.pay).first().click()
    const dialog = page.getByRole('dialog', { name: words.sure })
    await dialog.getByRole('button').last().click()
    await page.getByText(words.paid.replace('{{amount}}', '12')).waitFor()
    await page.getByText(words.stop).first().click()
    await page.getByText(words.stopped).waitFor()
    await page.getByText(words.refuse).first().click()
    await page.getByText(REFUSED).waitFor()
    await go(page, `orders/records/${order}/edit`)
    await page.locator('form').getByText(words.column).waitFor()
    const buyer = page.locator('[data-testid="property-edit-buyer"] input').first()
    await buyer.fill('<b>')
    await page
      .getByRole('option', { name: ODD })
      .or(page.locator('[id*="-option-"]', { hasText: ODD }))
      .first()
      .waitFor()
    await page.getByTestId('button-save').click()
    await page.getByText(WRONG).waitFor()
    expect(await page.evaluate('window.hit')).toBe(undefined)
    // The browser's own message about the rejected action.
    expect(complaints.filter((text) => !text.includes('status of 403'))).toEqual([])
    await context.close()
  })
})
