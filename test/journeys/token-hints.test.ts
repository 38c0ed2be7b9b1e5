import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSite } from '../security/open-site.js'
import { addEmail, addPhone } from '../support/challenges.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

let site: TestSite
beforeAll(async () => {
  site = await openSite({ OTP_EMAIL: 'true' })
})
afterAll(() => site.close())

async function tokenPage(person: TestUser): Promise<string> {
  const browser = site.browser()
  await browser.post('/account/login', { username: person.email, password: person.password })
  return (await browser.get('/account/login')).text
}
const hintIn = (page: string) => /<small id="code-hint">(.*?)<\/small>/.exec(page)?.[1]
const add: Record<string, (person: TestUser) => Promise<unknown>> = {
  phone: (person) => addPhone(site.otp, person.id),
  email: (person) => addEmail(site.otp, person.id),
}

describe('the hint of the token step', () => {
  it.each([
    [[], 'Enter the current code from App'],
    [['phone'], 'send a code to it first'],
    [['email'], 'send a code to it first'],
    [['phone', 'email'], 'send a code to it first'],
  ])('is true for each device of someone with an app and %j', async (others, hint) => {
    const person = await createTestUser(site)
    for (const other of others) await add[other]?.(person)
    const page = await tokenPage(person)
    expect(hintIn(page)).toContain(hint)
    expect(page).not.toContain('Which app')
    expect(page.includes('Choose a device')).toBe(others.length > 0)
  })

  it.each([
    ['phone', 'First, send a code to Phone.'],
    ['phone,email', 'First, choose a device and send a code to it.'],
  ])('says that a code has to be sent first if only %s is accepted', async (kinds, hint) => {
    const person = await createTestUser(site)
    for (const kind of ['phone', 'email']) await add[kind]?.(person)
    const browser = await signIn(site, person)
    const page = await browser.get(`/account/verify?kinds=${kinds}`)
    expect(hintIn(page.text)).toBe(hint)
  })
})
