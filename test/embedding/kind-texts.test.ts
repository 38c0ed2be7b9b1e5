import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestUser, signIn } from '../support/site.js'
import { type Host, startHost } from './host.js'
import { wordKind } from './tiny-kind/word-kind.js'

let host: Host
const folder = mkdtempSync(path.join(tmpdir(), 'otp-locales-'))

beforeAll(async () => {
  mkdirSync(path.join(folder, 'en'))
  writeFileSync(path.join(folder, 'en/pages.json'), '{ "added_kinds": { "word": { "add": "Add a secret word" } } }')
  host = await startHost({ kinds: [wordKind()], locales: folder })
})
afterAll(async () => {
  await host.close()
  rmSync(folder, { recursive: true })
})

it('replaces the texts of a custom kind by those of the application, like those of a built-in kind', async () => {
  const browser = await signIn(host, await createTestUser(host))
  const read = async (language: string) =>
    (await browser.visit('/account/two-factor', { headers: { 'Accept-Language': language } })).text
  expect(await read('en')).toContain('Add a secret word')
  expect(await read('en')).not.toContain('Add a magic word')
  expect(await read('de')).toContain('Zauberwort hinzufügen')
})
