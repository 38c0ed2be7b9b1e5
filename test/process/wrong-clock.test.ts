import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { type HttpBrowser, createHttpBrowser } from '../support/http-browser.js'
import { otpAdmin, type RunningServer, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const library = findLibrary()
const key = Buffer.from('12345678901234567890')
const DAY = 86_400
const password = 'correct horse battery'

/** The real process under a clock that is moved while it runs, with Debian's libfaketime. */
describe.skipIf(!library)('a server whose clock was wrong for a while', () => {
  const folder = temporaryFolder()
  const clockFile = path.join(folder, 'clock')
  let server: RunningServer | undefined
  afterAll(() => server?.stop('SIGKILL'))

  const setClock = (seconds: number) => writeFileSync(clockFile, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  const codeAt = (offset: number) => generateHotp(key, Math.floor((Date.now() / 1000 + offset) / 30), 6)
  const open = (): HttpBrowser => createHttpBrowser(new URL(server?.address ?? '').origin)
  const run = async (args: string[], input = '') => (await otpAdmin(args, { DATA_DIR: folder }, input)).status

  it.each([
    ['a day ahead', DAY],
    ['an hour behind', -3600],
    ['ten years ahead', 3650 * DAY],
  ])('signs people in again as soon as the clock is right: %s', async (_title, offset) => {
    setClock(0)
    server ??= await start()
    const email = `clock.${Math.abs(offset)}@example.com`
    expect(await run(['create-user', '--email', email, '--staff', '--password-stdin'], password)).toBe(0)
    expect(await run(['add-totp', '--user', email, '--key', key.toString('hex')])).toBe(0)
    const enterPassword = (browser: HttpBrowser, typed = password) =>
      browser.post('/account/login', { username: email, password: typed })

    setClock(offset)
    const wrong = open()
    await enterPassword(wrong)
    await wrong.post('/account/login', { otp_token: '000000' })
    for (let tries = 0; tries < 5; tries += 1) await enterPassword(open(), 'not the password')
    const right = open()
    await enterPassword(right)
    await expect
      .poll(async () => (await right.post('/account/login', { otp_token: codeAt(offset) })).status, { interval: 1000 })
      .toBeOneOf([303, 302])

    setClock(0)
    const waits: number[] = []
    await expect
      .poll(
        async () => {
          const browser = open()
          await enterPassword(browser)
          const answer = await browser.post('/account/login', { otp_token: codeAt(0) })
          if (answer.status === 429) waits.push(Number(answer.headers['retry-after']))
          return answer.location
        },
        { interval: 1000 },
      )
      .toBe('/admin')
    // At most six failures on one device: 32 seconds.
    expect(Math.max(0, ...waits)).toBeLessThanOrEqual(32)
  })

  async function start(): Promise<RunningServer> {
    return startServer({
      DATA_DIR: folder,
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: '1',
      // A wall clock that jumps moves no timer.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    })
  }
})

function findLibrary(): string | undefined {
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib') : []
  return libraries
    .map((name) => path.join('/usr/lib', name, 'faketime/libfaketimeMT.so.1'))
    .find((file) => existsSync(file))
}
