import { locales } from '../adminjs.js'
import type { Language } from '../../i18n.js'
import { overlay, panelLocale, type Texts } from '../panel-texts.js'

/** What AdminJS made of the host's `locale` and of the translations in its resources' options. */
interface GivenLocale {
  language?: string | undefined
  translations?: object | undefined
}

/**
 * The panel's texts in one language with the host's on top. Ours speak of our own resources
 * and stand below those; the host's resources are called as AdminJS calls them, or as the
 * host does, in its own first language where it has no other. AdminJS has no French and no
 * Dutch: its own few words are ours there.
 *
 * @param resourceIds the host's resources
 * @param ownIds ours
 */
export function hostLocale(
  language: Language,
  given: GivenLocale,
  resourceIds: Iterable<string>,
  ownIds: ReadonlySet<string>,
) {
  const { language: first = 'en', translations = {} } = given
  const own = panelLocale(language)
  const ours = own.translations[language] ?? {}
  const spoken = (name: string) => textsOf(Reflect.get(translations, name))
  const hosts = overlay(spoken(first), spoken(language))
  const plain = overlay(plainTexts(language, ours), { resources: {} })
  const bases = [...resourceIds].map((id) => ofResource(overlay(plain, hosts), id))
  const layers = [...bases, forAll(plain, ours, ownIds), belowResources(ours, ownIds), hosts]
  return { ...own, translations: { [language]: layers.reduce(overlay, plain) } }
}

/** AdminJS's own words, as far as it speaks the language. */
function plainTexts(language: Language, ours: Texts): Texts {
  const english = textsOf(locales.en)
  const known = textsOf(Reflect.get(locales, language))
  const named = NAMESPACES.map((name) => [name, common(textsOf(english[name]), textsOf(ours[name]))] as const)
  return overlay(overlay(english, Object.keys(known).length > 0 ? {} : Object.fromEntries(named)), known)
}

const NAMESPACES = ['actions', 'buttons', 'messages'] as const
/** These speak of devices. */
const OF_DEVICES = ['confirmDelete', 'confirmBulkDelete']

/** Ours for what AdminJS has, too. */
function common(theirs: Texts, ours: Texts): Texts {
  return Object.fromEntries(
    Object.entries(ours).filter(([name]) => Object.hasOwn(theirs, name) && !OF_DEVICES.includes(name)),
  )
}

/** Of ours what belongs to no resource: the parts of the page, and the names of our lists in menus. */
function forAll(plain: Texts, ours: Texts, ownIds: ReadonlySet<string>): Texts {
  const labels = Object.entries(textsOf(ours['labels'])).filter(
    ([name, text]) =>
      typeof text === 'string' &&
      (ownIds.has(name) || name.startsWith('one_') || Object.hasOwn(textsOf(plain['labels']), name)),
  )
  const { properties: _properties, actions: _actions, labels: _labels, resources: _resources, ...rest } = ours
  return {
    ...rest,
    labels: Object.fromEntries(labels),
    actions: common(textsOf(plain['actions']), textsOf(ours['actions'])),
  }
}

/** All of ours once for each resource of ours, below what is that resource's own. */
function belowResources(ours: Texts, ownIds: ReadonlySet<string>): Texts {
  const { properties = {}, actions = {}, labels = {}, buttons = {}, messages = {} } = ours
  const below = textsOf({ properties, actions, labels, buttons, messages })
  const own = textsOf(ours['resources'])
  return { resources: Object.fromEntries([...ownIds].map((id) => [id, overlay(below, textsOf(own[id]))])) }
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
function ofResource({ actions, buttons, messages, labels }: Texts, id: string): Texts {
  const label = textsOf(labels)[id]
  const list = typeof label === 'string' ? label : inWords(id)
  const named = { actions: { ...textsOf(actions), list }, buttons: textsOf(buttons), messages: textsOf(messages) }
  return { resources: { [id]: named } }
}

/** `order_lines` is said as AdminJS says it in its menu: Order Lines. */
function inWords(id: string): string {
  const words = id.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}
