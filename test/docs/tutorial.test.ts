import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { CustomKind } from '../../src/index.js'
import { migrate } from '../../src/db/migrate.js'
import { packageRoot } from '../../src/package-root.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, startTestSite } from '../support/site.js'

const page = readFileSync(path.join(packageRoot, 'docs/tutorials/custom-kind.md'), 'utf8')
mkdirSync(path.join(packageRoot, 'dist'), { recursive: true })
// Inside the repository, so that the packages of the tutorial resolve.
const folder = mkdtempSync(path.join(packageRoot, 'dist/tutorial-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes the files of the tutorial as a reader would. */
function saveFiles(): void {
  for (const [, text = '', name = ''] of page.matchAll(/^```js\n(\/\/ ([\w.-]+\.js)\n[^]*?)^```/gm))
    writeFileSync(path.join(folder, name), text)
  writeFileSync(path.join(folder, 'fields.ejs'), /^```ejs\n([^]*?)^```/m.exec(page)?.[1] ?? '')
}

saveFiles()
// Its last step is a test file: it runs here, among the tests of this file.
await import(path.join(folder, 'kind.test.js'))
const { script }: { script: CustomKind } = await import(path.join(folder, 'kind.js'))

const runScript = (...args: string[]) =>
  execFileSync(process.execPath, ['next-token.js', ...args], { cwd: folder, encoding: 'utf8' }).trim()

it('creates a device from the tutorial that can be set up and signs in', async () => {
  const database = await openTestDatabase('embedded')
  await migrate(database, [script])
  const site = await startTestSite(database, {}, undefined, { kinds: [script] })
  const person = await createTestUser(site, { app: false })
  const signInWith = async (token?: string) => {
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    return { browser, answer: token && (await browser.post('/account/login', { otp_token: token })) }
  }

  const { browser } = await signInWith()
  const add = '/account/two-factor/script/add'
  expect((await browser.post(add, { name: 'Mine', secret: 'short' })).code).toBe('secret_invalid')
  const begun = await browser.post(add, { name: 'Mine', secret: runScript('--new') })
  const done = await browser.post(begun.location ?? '', { otp_token: runScript() })
  expect(done.location).toBe('/account/two-factor/setup/complete')

  const token = runScript()
  expect((await signInWith(token)).answer).toMatchObject({ location: '/admin' })
  expect((await signInWith(token)).answer).toMatchObject({ code: 'invalid_token' })
  await site.close()
  await database.close()
})
