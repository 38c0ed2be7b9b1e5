import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTranslator, translatorFor } from '../../src/i18n/translator.js'

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

  it('selects plural forms', () => {
    expect(createTranslator('en', folder)('pages:left', { count: 2 })).toBe('2 tokens')
  })

  it('inserts a value unchanged, without interpreting it', () => {
    const t = createTranslator('en', folder)
    expect(t('pages:hello', { name: '<b> & {{count}} $t(pages:left)' })).toBe('Hello <b> & {{count}} $t(pages:left)')
  })

  it('returns the key if it is unknown', () => {
    expect(createTranslator('en', folder)('pages:does.not.exist')).toBe('does.not.exist')
  })
})

describe('translatorFor', () => {
  it('creates one translator for each language', () => {
    expect(translatorFor('de')).toBe(translatorFor('de'))
    expect(translatorFor('de')('pages:layout.sign_out')).toBe('Abmelden')
  })

  it.each(['', 'tlh', '../../etc', '__proto__', 'DE'])('uses English if %j is requested', (language) => {
    expect(translatorFor(language)).toBe(translatorFor('en'))
  })

  it('has the plural forms of each language', () => {
    const left = (language: string, count: number) => translatorFor(language)('pages:profile.left', { count })
    expect([1, 2, 5, 22].map((count) => left('pl', count))).toEqual([
      'pozostał 1',
      'pozostały 2',
      'pozostało 5',
      'pozostały 22',
    ])
    expect([0, 1, 2].map((count) => left('fr', count))).toEqual(['0 restant', '1 restant', '2 restants'])
    expect([1, 2].map((count) => left('ja', count))).toEqual(['残り1個', '残り2個'])
  })
})
