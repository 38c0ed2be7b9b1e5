import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rowsOf } from '../../admin/panel-site.js'
import type { HttpBrowser } from '../../support/http-browser.js'
import { installExample, otpAdmin, type RunningExample, startExample } from '../run-example.js'
import { createSoftwareYubikey, type SoftwareYubikey } from './software-yubikey.js'

const password = 'correct horse battery'
const login = '/account/login'

let installed: ReturnType<typeof installExample>
let app: RunningExample

beforeAll(async () => {
  installed = installExample('custom-device')
  app = await startExample(installed.folder, 'app.js')
}, 300_000)
afterAll(async () => {
  await app.stop()
  installed.remove()
})

function addUser(name: string): string {
  const email = `${name}@example.com`
  otpAdmin(app.dataDir, ['create-user', '--email', email, '--staff', '--superuser', '--password-stdin'], password)
  return email
}

/** Sets up the YubiKey as a first device, in a browser that stays signed in. */
async function setUp(email: string, key: SoftwareYubikey): Promise<HttpBrowser> {
  const browser = app.browser()
  expect((await browser.post(login, { username: email, password })).location).toContain('/account/two-factor/setup')
  expect((await browser.get('/account/two-factor/setup?step=method')).text).toContain('value="yubikey"')
  const add = (await browser.post('/account/two-factor/setup', { method: 'yubikey' })).location ?? ''
  const form = { name: 'Mine', private_id: key.privateId, aes_key: key.aesKey, otp: key.touch() }
  const confirm = (await browser.post(add, form)).location ?? ''
  const done = await browser.post(confirm, { otp_token: key.touch() })
  expect(done.location).toBe('/account/two-factor/setup/complete')
  return browser
}

describe('the example as a separate process, with the built package', () => {
  it('offers the YubiKey to a user without a device, and accepts only its next OTP', async () => {
    const [email, key] = [addUser('ada'), createSoftwareYubikey()]
    const browser = await setUp(email, key)
    const list = await browser.get('/admin/api/resources/yubikey_devices/actions/list')
    expect(list.text).toContain(key.publicId)
    const id = Number(rowsOf(list).find(({ public_id }) => public_id === key.publicId)?.['id'])
    await browser.post('/account/logout')

    const token = { otp_device: `yubikey/${id}`, otp_token: key.touch() }
    await browser.post(login, { username: email, password })
    expect((await browser.post(login, token)).location).toBe('/admin')
    const other = app.browser()
    await other.post(login, { username: email, password })
    expect((await other.post(login, token)).code).toBe('invalid_token')
  })

  it('is found by the command line through its table, although it is not registered there', async () => {
    const email = addUser('eve')
    await setUp(email, createSoftwareYubikey())
    expect(otpAdmin(app.dataDir, ['two-factor-status', email])).toBe(`${email}: enabled\n`)
    otpAdmin(app.dataDir, ['two-factor-disable', email])
    expect(otpAdmin(app.dataDir, ['two-factor-status', email])).toBe(`${email}: disabled\n`)
  })
})
