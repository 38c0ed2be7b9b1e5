import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installExample, otpAdmin, type RunningExample, startExample } from './run-example.js'

const password = 'correct horse battery'

let installed: ReturnType<typeof installExample>
let app: RunningExample

beforeAll(async () => {
  installed = installExample('protect-routes')
  app = await startExample(installed.folder, 'app.js')
}, 300_000)
afterAll(async () => {
  await app.stop()
  installed.remove()
})

function addUser(name: string): string {
  const email = `${name}@example.com`
  otpAdmin(app.dataDir, ['create-user', '--email', email, '--password-stdin'], password)
  return email
}

const json = { headers: { Accept: 'application/json' } }

describe('routes that require a second factor, with the built package', () => {
  it('are closed to anonymous browsers and programs, apart from the open one', async () => {
    const browser = app.browser()
    expect((await browser.get('/')).text).toContain('<h1>Ledger</h1>')
    expect((await browser.get('/reports')).location).toBe('/account/login?next=%2Freports')
    expect(await browser.visit('/reports', json)).toMatchObject({ status: 401, code: 'not_authenticated' })
    expect((await browser.post('/payouts', { amount: '5' })).location).toMatch(/^\/account\/login/)
  })

  it('are closed after the password alone, apart from the one with `ifConfigured`', async () => {
    const email = addUser('ada')
    const browser = app.browser()
    await browser.post('/account/login', { username: email, password })
    expect(await browser.visit('/reports', json)).toMatchObject({ status: 403, code: 'not_verified' })
    expect((await browser.get('/newsletter')).text).toContain('<h1>News</h1>')
  })

  it('open with a token', async () => {
    const email = addUser('eve')
    const token = otpAdmin(app.dataDir, ['add-static-token', '--user', email]).trim()
    const browser = app.browser()
    const next = '/reports'
    expect((await browser.post('/account/login', { username: email, password, otp_token: token, next })).location).toBe(
      next,
    )
    expect(JSON.parse((await browser.get('/reports')).text)).toEqual({ for: email, reports: ['2026'] })
    expect((await browser.post('/payouts', { amount: '5' })).text).toBe('{"paid":"5"}')
    expect((await app.browser().get('/newsletter')).status).toBe(302)
  })
})
