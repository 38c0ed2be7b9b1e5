import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpBrowser } from '../support/http-browser.js'
import { installExample, otpAdmin, type RunningExample, startExample } from './run-example.js'

const passwords = { ada: 'correct horse battery', bob: 'staple correct horse', cleo: 'horse staple correct' }

let installed: ReturnType<typeof installExample>
let app: RunningExample

beforeAll(async () => {
  installed = installExample('own-users')
  app = await startExample(installed.folder, 'app.js')
}, 300_000)
afterAll(async () => {
  await app.stop()
  installed.remove()
})

/** The first sign-in creates the site's row. A backup token is then the second factor. */
async function signIn(login: keyof typeof passwords, password = passwords[login]): Promise<HttpBrowser> {
  await app.browser().post('/account/login', { username: login, password })
  const token = otpAdmin(app.dataDir, ['add-static-token', '--user', `${login}@example.com`]).trim()
  const browser = app.browser()
  const answer = await browser.post('/account/login', { username: login, password, otp_token: token })
  expect([answer.status, answer.location]).toEqual([303, '/admin'])
  return browser
}

describe("users in the application's own table, with the built package", () => {
  it('sign in with its logins, set up a first device, and are rejected with other passwords', async () => {
    const first = await app.browser().post('/account/login', { username: 'cleo', password: passwords.cleo })
    expect(first.location).toMatch(/^\/account\/two-factor\/setup/)
    for (const [username, password] of [
      ['cleo', passwords.bob],
      ['nobody', 'wrong'],
    ])
      expect(
        (await app.browser().post('/account/login', { username: username ?? '', password: password ?? '' })).code,
      ).toBe('invalid_login')
    expect((await (await signIn('cleo')).get('/admin')).status).toBe(200)
  })

  it('lose access on the next request after they are dismissed there', async () => {
    const [ada, bob] = [await signIn('ada'), await signIn('bob')]
    expect((await bob.post('/dismiss', { login: 'ada' })).status).toBe(403)
    expect((await ada.post('/dismiss', { login: 'bob' })).status).toBe(204)
    expect((await bob.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
  })

  it('lose every session after a password change there, and sign in with the new password', async () => {
    const [ada, other] = [await signIn('ada'), await signIn('ada')]
    await ada.post('/password', { password: 'another battery' })
    expect((await other.get('/admin')).status).toBe(302)
    expect((await ada.get('/admin')).status).toBe(302)
    const again = await signIn('ada', 'another battery')
    expect((await again.get('/admin')).status).toBe(200)
    await again.post('/password', { password: passwords.ada })
  })

  it('cannot be created on the command line', () => {
    expect(() => otpAdmin(app.dataDir, ['create-user', '--email', 'eve@example.com'])).toThrow(/people_elsewhere/)
  })
})
