import { locales } from '../adminjs.js'
import type { Language } from '../../i18n.js'
import { overlay, panelLocale, type Texts } from '../panel-texts.js'

/** What AdminJS made of the host's `locale` and of the translations in its resources' options. */
interface GivenLocale {
  language?: string | undefined
  translations?: object | undefined
}

/** Ours speak of devices. */
const OF_DEVICES = ['confirmDelete', 'confirmBulkDelete']

/**
 * The panel's texts in one language with the host's on top. Where ours are silent, AdminJS's
 * are heard, and the host's in its own first language. AdminJS has no French and no Dutch.
 *
 * @param resourceIds the host's resources
 */
export function hostLocale(language: Language, given: GivenLocale, resourceIds: Iterable<string>) {
  const { language: first = 'en', translations = {} } = given
  const own = panelLocale(language)
  const spoken = (name: string) => textsOf(Reflect.get(translations, name))
  const plain = overlay(textsOf(locales.en), textsOf(Reflect.get(locales, language)))
  const layers = [ofResources(plain, resourceIds), spoken(first), own.translations[language] ?? {}, spoken(language)]
  return { ...own, translations: { [language]: layers.reduce(overlay, { ...plain, resources: {} }) } }
}

/** Leaves out what is no text. */
function textsOf(value: unknown): Texts {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(value).map(([name, text]: [string, unknown]) => {
    const kept: string | Texts = typeof text === 'string' ? text : textsOf(text)
    return [name, kept] as const
  })
  return Object.fromEntries(entries)
}

/** A text of a resource's own is found before the one for all. */
function ofResources({ messages }: Texts, resourceIds: Iterable<string>): Texts {
  const own = Object.entries(textsOf(messages)).filter(([name]) => OF_DEVICES.includes(name))
  const entries = [...resourceIds].map((id) => [id, { messages: Object.fromEntries(own) }] as const)
  return { resources: Object.fromEntries(entries) }
}
