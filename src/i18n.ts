import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInstance, type Resource, type ResourceLanguage } from 'i18next'
import { root } from './root.js'

/**
 * The text for a key such as `mails:greeting`. Values are put in as they are: whoever
 * writes HTML escapes the whole text (`<%= t(…) %>`).
 */
export type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string

/**
 * Reads `locales/<language>/<namespace>.json` once and answers in one language. What a
 * language lacks is said in English; a key that nobody has comes back as itself.
 *
 * @example createTranslator()('mails:greeting', { name: 'Ada' })
 */
export function createTranslator(language = 'en', folder = path.join(root, 'locales')): Translate {
  const resources = readLanguages(folder)
  const i18n = createInstance({
    lng: language,
    fallbackLng: 'en',
    ns: Object.keys(resources['en'] ?? {}),
    resources,
    initAsync: false,
    // EJS escapes, and text mails must not be; values are never looked into for `{{` or `$t(`.
    interpolation: { escapeValue: false, skipOnVariables: true },
  })
  void i18n.init()
  return (key, values) => i18n.t(key, values ?? {})
}

const translators = new Map<string, Translate>()

/** The translator of one language, made once. A language that nobody translated into gets English. */
export function translatorFor(language: string): Translate {
  const known = translators.get(language)
  if (known) return known
  if (!readdirSync(path.join(root, 'locales')).includes(language)) return translatorFor('en')
  const fresh = createTranslator(language)
  translators.set(language, fresh)
  return fresh
}

function readLanguages(folder: string): Resource {
  return Object.fromEntries(
    readdirSync(folder).map((language) => [language, readNamespaces(path.join(folder, language))]),
  )
}

function readNamespaces(folder: string): ResourceLanguage {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return Object.fromEntries(
    files.map((file) => [path.basename(file, '.json'), JSON.parse(readFileSync(path.join(folder, file), 'utf8'))]),
  )
}
