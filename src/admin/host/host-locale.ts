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
  const labels = textsOf({ ...textsOf(spoken(first)['labels']), ...textsOf(spoken(language)['labels']) })
  const bases = [...resourceIds].map((id) => ofResource(plain, id, labels[id]))
  const layers = [...bases, spoken(first), own.translations[language] ?? {}, spoken(language)]
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

/** A text of a resource's own is found before the one for all: its list is headed by its name. */
function ofResource({ messages }: Texts, id: string, label: string | Texts | undefined): Texts {
  const own = Object.entries(textsOf(messages)).filter(([name]) => OF_DEVICES.includes(name))
  const list = typeof label === 'string' ? label : inWords(id)
  return { resources: { [id]: { messages: Object.fromEntries(own), actions: { list } } } }
}

/** `order_lines` is said as AdminJS says it in its menu: Order Lines. */
function inWords(id: string): string {
  const words = id.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}
