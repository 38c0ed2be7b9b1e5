import type { Page } from 'playwright-core'
import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostSite, startHostSite } from '../embedding/host/start-host-site.js'
import { openPage, useChromium } from '../support/chromium.js'
import { createTestUser, signIn } from '../support/site.js'

const keys = ['0b9a7f0e-8b5c-4d3c-9f5e-1d2c3b4a5f60', 'Größe/100%', 'a,b']
let shop: HostSite
let Ticket: ModelStatic<Model>

beforeAll(async () => {
  shop = await startHostSite({
    requirements: { 'tickets.edit': { maxAge: 30 } },
    options: (_shop, { sequelize }) => {
      Ticket = sequelize.define(
        'Ticket',
        { key: { type: DataTypes.TEXT, primaryKey: true }, title: DataTypes.TEXT },
        { tableName: 'tickets', timestamps: false },
      )
      return { resources: [Ticket] }
    },
  })
  await Ticket.sync()
  await Ticket.bulkCreate(keys.map((key) => ({ key, title: 'Old' })))
})
afterAll(() => shop?.close())
const chromium = useChromium()

/** Saves a form that needs a recent token, cancels at first, and enters the token at the second attempt. */
async function saveAtTheSecondTry(page: Page, code: () => string): Promise<void> {
  const save = page.getByRole('button', { name: 'Save' })
  await page.getByLabel('Title').fill('New')
  shop.clock.advance(31)
  await save.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect(await page.getByLabel('Title').inputValue()).toBe('New')
  await save.click()
  await page.getByRole('dialog').getByLabel('Code').fill(code())
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
}

describe('the form of a record after a rejection', () => {
  it.each(keys)('keeps its record for a key of any form: %s', async (key) => {
    const person = await createTestUser(shop)
    const signedIn = { browser: await signIn(shop, person), baseUrl: shop.baseUrl }
    const { page, context } = await openPage(chromium(), { signedIn })
    const record = `records/${encodeURIComponent(key)}/edit`
    const saved: string[] = []
    page.on('request', (request) => void (request.method() === 'POST' && saved.push(request.url())))
    await page.goto(`${shop.baseUrl}/admin/resources/tickets/${record}`)
    await saveAtTheSecondTry(page, () => person.code())
    await expect.poll(async () => (await Ticket.findByPk(key))?.get('title')).toBe('New')
    const calls = saved.filter((url) => url.includes('/api/resources/'))
    expect(new Set(calls)).toEqual(new Set([`${shop.baseUrl}/admin/api/resources/tickets/${record}`]))
    await context.close()
  })
})
