import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInstance, type ResourceLanguage } from 'i18next'
import { root } from './root.js'
import { isolate } from './typed-text/read-name.js'

/**
 * What people can read this site in, by BCP 47 tag: a folder of `locales` each. English
 * comes first, for it says what another language lacks.
 */
export const languages = ['en', 'de', 'es', 'fr', 'ja', 'nl', 'pl', 'pt-BR', 'zh-CN'] as const

/** A language that the site speaks (BCP 47). */
export type Language = (typeof languages)[number]

/** What each language calls itself, for lists to choose from. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  ja: '日本語',
  nl: 'Nederlands',
  pl: 'Polski',
  'pt-BR': 'Português (Brasil)',
  'zh-CN': '简体中文',
}

/** Whether a setting, or what a browser asks for, is a language of the site. */
export function isLanguage(tag: unknown): tag is Language {
  return languages.some((language) => language === tag)
}

/**
 * The text for a key such as `mails:greeting`. Values are put in as they are: whoever
 * writes HTML escapes the whole text (`<%= t(…) %>`).
 */
export type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string

/**
 * Reads `locales/<language>/<namespace>.json` and answers in that language. What it lacks
 * is said in English; a key that nobody has comes back as itself.
 *
 * @example createTranslator('de')('mails:layout.greeting_named', { name: 'Ada' })
 */
export function createTranslator(language = 'en', folder = path.join(root, 'locales')): Translate {
  const english = readNamespaces(path.join(folder, 'en'))
  const own = language === 'en' ? english : readNamespaces(path.join(folder, language))
  const i18n = createInstance({
    lng: language,
    fallbackLng: 'en',
    ns: Object.keys(english),
    resources: { en: english, [language]: own },
    initAsync: false,
    // EJS escapes, and text mails must not be; values are never looked into for `{{` or `$t(`.
    // A value that is written from right to left keeps its direction to itself.
    interpolation: { escapeValue: true, escape: (value) => isolate(value), skipOnVariables: true },
  })
  void i18n.init()
  for (const each of new Set(['en', language]))
    for (const [namespace, texts] of Object.entries(addedTexts(each)))
      i18n.addResourceBundle(each, namespace, texts, true, true)
  // A page asks for a dozen texts, and i18next takes longer for them than EJS for all else.
  const plain = new Map<string, string>()
  return (key, values) => {
    const text = values ? i18n.t(key, values) : (plain.get(key) ?? i18n.t(key))
    if (!values && text !== key) plain.set(key, text)
    return text
  }
}

/** Texts in groups of any depth. */
export interface TextGroup {
  [name: string]: string | TextGroup
}

const added = new Map<string, TextGroup>()

/**
 * Adds texts beside those of `locales`, for this whole process: what kinds of device from
 * outside are called. Those added last win.
 *
 * @param texts by namespace, for example `{ pages: { kinds: { yubikey: 'YubiKey' } } }`
 */
export function addTexts(language: Language, texts: TextGroup): void {
  added.set(language, overlay(addedTexts(language), texts))
  translators.clear()
}

/** What was added for a language, by namespace. */
export function addedTexts(language: string): TextGroup {
  return added.get(language) ?? {}
}

/** One group of texts laid over another: where both have one, the second counts. */
export function overlay(below: TextGroup, above: TextGroup): TextGroup {
  const merged: TextGroup = { ...below, ...above }
  for (const [name, text] of Object.entries(above)) {
    const base = below[name]
    if (typeof base === 'object' && typeof text === 'object') merged[name] = overlay(base, text)
  }
  return merged
}

const translators = new Map<string, Translate>()

/** The translator of one language, made when it is first asked for. An unknown language gets English. */
export function translatorFor(language: string): Translate {
  if (!isLanguage(language)) return translatorFor('en')
  const known = translators.get(language)
  if (known) return known
  const fresh = createTranslator(language)
  translators.set(language, fresh)
  return fresh
}

/** None where the folder is not there. */
function readNamespaces(folder: string): ResourceLanguage {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : []
  return Object.fromEntries(
    files.map((file) => [path.basename(file, '.json'), JSON.parse(readFileSync(path.join(folder, file), 'utf8'))]),
  )
}
