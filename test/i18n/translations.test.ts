import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { languages } from '../../src/i18n/translator.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { filterCustomKinds } from '../../src/otp/kind-registry/custom-kind.js'
import { voices } from '../../src/notify/gateways/sms-gateway.js'
import { packageRoot } from '../../src/package-root.js'
import { placeholdersOf, pluralsOf, readTexts } from './read-texts.js'

const english = readTexts('en')
const plurals = pluralsOf(english)

/** Returns the plural forms that a language uses below 1,000. Some have another for millions, which do not occur here. */
function formsOf(language: string): string[] {
  const rules = new Intl.PluralRules(language)
  const reached = Array.from({ length: 1000 }, (_, count) => rules.select(count))
  return [...new Set([...reached, 'other'])].toSorted()
}

/** Returns the English text for a translation's key: of the same key, or of the plural form `other`. */
function englishOf(key: string): string | undefined {
  if (english.has(key)) return english.get(key)
  const base = key.replace(/_(few|many)$/, '')
  return plurals.has(base) ? english.get(`${base}_other`) : undefined
}

it.each(languages)('uses a voice that speaks %s', (language) => {
  const voice = readTexts(language).get('phone:call.voice') ?? ''
  expect(voices).toContain(voice)
  expect(new Intl.Locale(voice).language).toBe(new Intl.Locale(language).language)
})

it('has a folder for each language, and no other', () => {
  expect(readdirSync(path.join(packageRoot, 'locales')).toSorted()).toEqual(languages.toSorted())
})

/** A numeral or its placeholder, with the wrong spacing next to a letter of the language. */
const numerals = {
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}] (\d|\{\{(count|minutes|wait)\}\})|(\d|\{\{(count|minutes|wait)\}\}) [\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u,
  'zh-CN': /\p{Script=Han}(\d|\{\{(count|minutes|wait)\}\})|(\d|\{\{(count|minutes)\}\})\p{Script=Han}/u,
}

it.each([
  ['ja', 'without spaces', []],
  // A text message has 70 characters.
  ['zh-CN', 'with a space', ['phone:code_sms']],
] as const)('writes numerals in %s %s, as formatDuration does', (language, _how, others) => {
  const wrong = [...readTexts(language)].filter(([, text]) => numerals[language].test(text))
  expect(wrong.map(([key]) => key)).toEqual(others)
})

describe.each(languages)('in %s', (language) => {
  const texts = readTexts(language)
  const counted = new Set([...plurals.keys()].flatMap((base) => [`${base}_one`, `${base}_other`]))
  const expected = [
    ...[...english.keys()].filter((key) => !counted.has(key)),
    ...[...plurals.keys()].flatMap((base) => formsOf(language).map((form) => `${base}_${form}`)),
  ]

  it('uses the same text for issuing a backup token in the menu and on its button', () => {
    const menu = texts.get('panel:adminjs.actions.giveBackupToken')
    expect(texts.get('panel:adminjs.components.HelpPerson.giveBackupToken_button')).toBe(menu)
    expect(menu).toMatch(language === 'en' ? /^Issue backup token$/ : /./)
  })

  it('has exactly the required texts and plural forms', () => {
    expect([...texts.keys()].toSorted()).toEqual(expected.toSorted())
  })

  it('has the texts of each built-in kind that brings its own', () => {
    const without = filterCustomKinds(builtInKinds).filter((kind) => kind.texts[language] === undefined)
    expect(without.map(({ name }) => name)).toEqual([])
  })

  it('has the same placeholders as the English text', () => {
    const wrong = [...texts].filter(([key, text]) => {
      const [translated, original] = [placeholdersOf(text), placeholdersOf(englishOf(key) ?? '')]
      // "One minute" needs no digit, and in some languages `one` also applies to 21.
      const withoutCount = (names: string[]) => names.filter((name) => name !== 'count' || !/_\w+$/.test(key))
      return withoutCount(translated).join() !== withoutCount(original).join()
    })
    expect(wrong).toEqual([])
  })

  it('contains no markup, entity, empty text or stray space', () => {
    const wrong = [...texts].filter(([, text]) => /[<>]|&\w+;|^\s|\s$|^$|[^\S\u00a0 ]|\$t\(|%/.test(text))
    expect(wrong).toEqual([])
  })

  it('contains only complete placeholders', () => {
    const remainders = [...texts].map(([key, text]) => [key, text.replaceAll(/\{\{\w+\}\}/g, '')])
    expect(remainders.filter(([, remainder = '']) => /[{}]/.test(remainder))).toEqual([])
  })
})

it.each(languages.filter((language) => language !== 'en'))('contains no English sentence in %s', (language) => {
  const texts = readTexts(language)
  const same = [...english].filter(([key, text]) => text.split(' ').length > 3 && texts.get(key) === text)
  expect(same).toEqual([])
})
