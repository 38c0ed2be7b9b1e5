import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installExample, otpAdmin, type RunningExample, startExample } from '../run-example.js'
import { softYubikey } from './soft-yubikey.js'

const email = 'ada@example.com'
const password = 'correct horse battery'
const login = '/account/login'

let installed: ReturnType<typeof installExample>
let app: RunningExample

beforeAll(async () => {
  installed = installExample('custom-device')
  app = await startExample(installed.folder, 'app.js')
  otpAdmin(app.dataDir, ['create-user', '--email', email, '--staff', '--superuser', '--password-stdin'], password)
}, 120_000)
afterAll(async () => {
  await app.stop()
  installed.remove()
})

describe('the example as a program of its own, on the built package', () => {
  const key = softYubikey()

  it('leads somebody without a device to the YubiKey, and lets him in with its next OTP alone', async () => {
    const browser = app.browser()
    expect((await browser.post(login, { username: email, password })).location).toContain('/account/two-factor/setup')
    expect((await browser.get('/account/two-factor/setup?step=method')).text).toContain('value="yubikey"')
    const add = (await browser.post('/account/two-factor/setup', { method: 'yubikey' })).location ?? ''
    const form = { name: 'Mine', private_id: key.privateId, aes_key: key.aesKey, otp: key.touch() }
    const confirm = (await browser.post(add, form)).location ?? ''
    const done = await browser.post(confirm, { otp_token: key.touch() })
    expect(done.location).toBe('/account/two-factor/setup/complete')
    expect((await browser.get('/admin/api/resources/yubikey_devices/actions/list')).text).toContain(key.publicId)
    await browser.post('/account/logout')

    const otp = key.touch()
    const token = { otp_device: 'yubikey/1', otp_token: otp }
    await browser.post(login, { username: email, password })
    expect((await browser.post(login, token)).location).toBe('/admin')
    const other = app.browser()
    await other.post(login, { username: email, password })
    expect((await other.post(login, token)).code).toBe('invalid_token')
  })

  it('is known to the command line by its table, though nobody registers it there', () => {
    expect(otpAdmin(app.dataDir, ['two-factor-status', email])).toBe(`${email}: enabled\n`)
    otpAdmin(app.dataDir, ['two-factor-disable', email])
    expect(otpAdmin(app.dataDir, ['two-factor-status', email])).toBe(`${email}: disabled\n`)
  })
})
