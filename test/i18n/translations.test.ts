import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { languages } from '../../src/i18n/translator.js'
import { voices } from '../../src/notify/gateways/sms-gateway.js'
import { packageRoot } from '../../src/package-root.js'
import { placeholdersOf, pluralsOf, readTexts } from './read-texts.js'

const english = readTexts('en')
const plurals = pluralsOf(english)

/** The plural forms of whole numbers in a language. Some languages have one for millions, which do not occur here. */
function formsOf(language: string): string[] {
  const rules = new Intl.PluralRules(language)
  const reached = Array.from({ length: 1000 }, (_, count) => rules.select(count))
  return [...new Set([...reached, 'other'])].toSorted()
}

/** The English key for a translation's key: the same, or the plural form that English has. */
function englishOf(key: string): string | undefined {
  if (english.has(key)) return english.get(key)
  const base = key.replace(/_(few|many)$/, '')
  return plurals.has(base) ? english.get(`${base}_other`) : undefined
}

it.each(languages)('calls in a voice of %s', (language) => {
  const voice = readTexts(language).get('phone:call.voice') ?? ''
  expect(voices).toContain(voice)
  expect(new Intl.Locale(voice).language).toBe(new Intl.Locale(language).language)
})

it('has a folder for each language and no other', () => {
  expect(readdirSync(path.join(packageRoot, 'locales')).toSorted()).toEqual(languages.toSorted())
})

describe.each(languages)('in %s', (language) => {
  const texts = readTexts(language)
  const counted = new Set([...plurals.keys()].flatMap((base) => [`${base}_one`, `${base}_other`]))
  const wanted = [
    ...[...english.keys()].filter((key) => !counted.has(key)),
    ...[...plurals.keys()].flatMap((base) => formsOf(language).map((form) => `${base}_${form}`)),
  ]

  it('names the issuing of a backup token the same in the menu and on its button', () => {
    const menu = texts.get('panel:adminjs.actions.giveBackupToken')
    expect(texts.get('panel:adminjs.components.HelpPerson.giveBackupToken_button')).toBe(menu)
    expect(menu).toMatch(language === 'en' ? /^Issue backup token$/ : /./)
  })

  it('is missing no text and no plural form, and has none too many', () => {
    expect([...texts.keys()].toSorted()).toEqual(wanted.toSorted())
  })

  it('keeps every placeholder and adds none', () => {
    const wrong = [...texts].filter(([key, text]) => {
      const [own, model] = [placeholdersOf(text), placeholdersOf(englishOf(key) ?? '')]
      // "One minute" needs no digit, and in some languages `one` also applies to 21.
      const free = (names: string[]) => names.filter((name) => name !== 'count' || !/_\w+$/.test(key))
      return free(own).join() !== free(model).join()
    })
    expect(wrong).toEqual([])
  })

  it('has no markup, no entity, no empty text and no stray space', () => {
    const wrong = [...texts].filter(([, text]) => /[<>]|&\w+;|^\s|\s$|^$|[^\S\u00a0 ]|\$t\(|%/.test(text))
    expect(wrong).toEqual([])
  })

  it('has only complete placeholders', () => {
    const rests = [...texts].map(([key, text]) => [key, text.replaceAll(/\{\{\w+\}\}/g, '')])
    expect(rests.filter(([, rest = '']) => /[{}]/.test(rest))).toEqual([])
  })
})

it.each(languages.filter((language) => language !== 'en'))('leaves no sentence in English in %s', (language) => {
  const texts = readTexts(language)
  const same = [...english].filter(([key, text]) => text.split(' ').length > 3 && texts.get(key) === text)
  expect(same).toEqual([])
})
