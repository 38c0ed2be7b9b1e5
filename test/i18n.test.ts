import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTranslator } from '../src/i18n.js'
import { root } from '../src/root.js'

describe('createTranslator', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'locales-'))
    await mkdir(path.join(folder, 'en'))
    await mkdir(path.join(folder, 'nl'))
    await writeFile(
      path.join(folder, 'en/pages.json'),
      '{"hello":"Hello {{name}}","left_one":"{{count}} token","left_other":"{{count}} tokens"}',
    )
    await writeFile(path.join(folder, 'nl/pages.json'), '{"hello":"Dag {{name}}"}')
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('reads every language from its folder and falls back to English', () => {
    const t = createTranslator('nl', folder)
    expect(t('pages:hello', { name: 'Ada' })).toBe('Dag Ada')
    expect(t('pages:left', { count: 1 })).toBe('1 token')
  })

  it('counts', () => {
    expect(createTranslator('en', folder)('pages:left', { count: 2 })).toBe('2 tokens')
  })

  it('puts a value in as it is, whatever it looks like', () => {
    const t = createTranslator('en', folder)
    expect(t('pages:hello', { name: '<b> & {{count}} $t(pages:left)' })).toBe('Hello <b> & {{count}} $t(pages:left)')
  })

  it('answers an unknown key with the key', () => {
    expect(createTranslator('en', folder)('pages:nobody.wrote.this')).toBe('nobody.wrote.this')
  })
})

it('finds a text for every key that sources and views name', async () => {
  const t = createTranslator()
  const missing: string[] = []
  for (const folder of ['src', 'views'])
    for (const file of await readdir(path.join(root, folder), { recursive: true }))
      if (/\.(ts|tsx|ejs)$/.test(file))
        for (const [, key = ''] of (await readFile(path.join(root, folder, file), 'utf8')).matchAll(
          /\bt\(\s*'([\w-]+:[^']+)'/g,
        ))
          if (t(key, { count: 2 }) === key.slice(key.indexOf(':') + 1)) missing.push(`${file}: ${key}`)
  expect(missing).toEqual([])
})
