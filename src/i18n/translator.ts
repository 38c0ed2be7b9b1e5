import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInstance, type ResourceLanguage } from 'i18next'
import { packageRoot } from '../package-root.js'
import { isLanguage, type Language } from './languages.js'
import { isolate } from '../typed-text/read-name.js'

export { isLanguage, type Language, languageNames, languages } from './languages.js'

/**
 * Returns the text for a key such as `mails:greeting`. Values are inserted without escaping: in
 * HTML, escape the whole text (`<%= t(…) %>`).
 */
export type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string

/**
 * Creates a translator from `locales/<language>/<namespace>.json`. Missing texts are in English;
 * an unknown key is returned unchanged.
 *
 * @example createTranslator('de')('mails:layout.greeting_named', { name: 'Ada' })
 */
export function createTranslator(language = 'en', folder = path.join(packageRoot, 'locales')): Translate {
  const english = readNamespaces(path.join(folder, 'en'))
  const own = language === 'en' ? english : readNamespaces(path.join(folder, language))
  const i18n = createInstance({
    lng: language,
    fallbackLng: 'en',
    ns: Object.keys(english),
    resources: { en: english, [language]: own },
    initAsync: false,
    // EJS escapes HTML, and text emails must not be escaped. Values are not searched for `{{` or `$t(`.
    // Values written from right to left are isolated, so that they do not affect the text around them.
    interpolation: { escapeValue: true, escape: (value) => isolate(value), skipOnVariables: true },
  })
  void i18n.init()
  for (const each of new Set(['en', language]))
    for (const [namespace, texts] of Object.entries(registeredTexts(each)))
      i18n.addResourceBundle(each, namespace, texts, true, true)
  // Cached, because i18next takes longer for the texts of a page than EJS for everything else.
  const plain = new Map<string, string>()
  return (key, values) => {
    const text = values ? i18n.t(key, values) : (plain.get(key) ?? i18n.t(key))
    if (!values && text !== key) plain.set(key, text)
    return text
  }
}

/** Texts in groups of any depth. */
export interface TextTree {
  [name: string]: string | TextTree
}

/** Who adds texts. Those of the application are used instead of a kind's. */
type TextSource = 'kind' | 'application'

const added: Readonly<Record<TextSource, Map<string, TextTree>>> = { kind: new Map(), application: new Map() }

/**
 * Adds texts to those of `locales` for the whole process. Texts added later override earlier ones
 * from the same source.
 *
 * @param texts by namespace, for example `{ pages: { kinds: { yubikey: 'YubiKey' } } }`
 */
export function registerTexts(source: TextSource, language: Language, texts: TextTree): void {
  added[source].set(language, mergeTexts(added[source].get(language) ?? {}, texts))
  translators.clear()
}

/** Returns the texts added for a language, by namespace. */
export function registeredTexts(language: string): TextTree {
  return mergeTexts(added.kind.get(language) ?? {}, added.application.get(language) ?? {})
}

/** Merges two groups of texts. If both contain a text, the one in `above` is used. */
export function mergeTexts(below: TextTree, above: TextTree): TextTree {
  const merged: TextTree = { ...below, ...above }
  for (const [name, text] of Object.entries(above)) {
    const base = below[name]
    if (typeof base === 'object' && typeof text === 'object') merged[name] = mergeTexts(base, text)
  }
  return merged
}

const translators = new Map<string, Translate>()

/** Returns the translator of a language, created at the first call. For an unknown language it is the English one. */
export function translatorFor(language: string): Translate {
  if (!isLanguage(language)) return translatorFor('en')
  const known = translators.get(language)
  if (known) return known
  const fresh = createTranslator(language)
  translators.set(language, fresh)
  return fresh
}

/** Reads the texts of a folder; none if it does not exist. */
function readNamespaces(folder: string): ResourceLanguage {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : []
  return Object.fromEntries(
    files.map((file) => [path.basename(file, '.json'), JSON.parse(readFileSync(path.join(folder, file), 'utf8'))]),
  )
}
