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
 * host does, in its own first language where it has no other. What the host calls one of our
 * resources, that is called everywhere, too. AdminJS has no French and no Dutch: its own few
 * words are ours there.
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
  const [best, second] = [language, first].map((name) => textsOf(Reflect.get(translations, name)))
  const hosts = overlay(second ?? {}, best ?? {})
  const spoken = [best ?? {}, second ?? {}]
  const plain = overlay(plainTexts(language, ours), { resources: {} })
  const theirs = [...resourceIds]
  const layers = [
    ...theirs.map((id) => wordsOf(plain, hosts, ours, id)),
    forAll(plain, ours),
    belowResources(ours, ownIds),
    hosts,
    ...theirs.map((id) => namesOf(spoken, id, inWords(id))),
    ...[...ownIds].map((id) => namesOf(spoken, id)),
  ]
  return { ...own, translations: { [language]: layers.reduce(overlay, plain) } }
}

/** AdminJS's own words, as far as it speaks the language. */
function plainTexts(language: Language, ours: Texts): Texts {
  const english = textsOf(locales.en)
  const known = textsOf(Reflect.get(locales, language))
  const named = NAMESPACES.map((name) => [name, common(textsOf(english[name]), textsOf(ours[name]))] as const)
  return overlay(overlay(english, Object.keys(known).length > 0 ? {} : Object.fromEntries(named)), known)
}

const NAMESPACES = ['actions', 'buttons', 'labels', 'messages', 'properties'] as const
/** These speak of devices. */
const OF_DEVICES = ['confirmDelete', 'confirmBulkDelete']

/** Ours for what AdminJS has, too. */
function common(theirs: Texts, ours: Texts): Texts {
  return Object.fromEntries(
    Object.entries(ours).filter(([name]) => Object.hasOwn(theirs, name) && !OF_DEVICES.includes(name)),
  )
}

/** Of ours what belongs to no resource: the parts of the page. */
function forAll(plain: Texts, ours: Texts): Texts {
  const { properties: _properties, resources: _resources, labels, ...rest } = ours
  const shared = ['actions', 'buttons', 'messages'].map(
    (name) => [name, common(textsOf(plain[name]), textsOf(ours[name]))] as const,
  )
  const kept = Object.entries(textsOf(labels)).filter(
    ([name, text]) =>
      typeof text === 'string' && (name.startsWith('one_') || Object.hasOwn(textsOf(plain['labels']), name)),
  )
  return { ...rest, ...Object.fromEntries(shared), labels: Object.fromEntries(kept) }
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

/** AdminJS's for its own controls (`to`, `from`), and what a page says where nothing is: AdminJS's texts for it name ids. */
const ABSENT = ['error404Resource', 'error404Action', 'error404Record']

/** The words about one of the host's resources: a text of a resource's own is found before the one for all. */
function wordsOf(plain: Texts, hosts: Texts, ours: Texts, id: string): Texts {
  const absent = Object.entries(textsOf(ours['messages'])).filter(([name]) => ABSENT.includes(name))
  const base = overlay(overlay(plain, { messages: Object.fromEntries(absent) }), hosts)
  const { actions, buttons, messages } = base
  const labels = common(textsOf(textsOf(locales.en)['labels']), textsOf(base['labels']))
  return below(id, { actions: textsOf(actions), buttons: textsOf(buttons), messages: textsOf(messages), labels })
}

/**
 * What a resource is called, and the heading of its list, in the first language that has
 * either of them.
 *
 * @param spoken the host's texts, the reader's language before the host's own
 * @param otherwise what it is called if the host has said nothing; undefined: leave it
 */
function namesOf(spoken: readonly Texts[], id: string, otherwise?: string): Texts {
  const labels = spoken.flatMap((texts) => labelIn(texts, id) ?? [])
  const headings = spoken.flatMap((texts) => at(texts, pathOf(id, 'actions', 'list')) ?? labelIn(texts, id) ?? [])
  const [label = otherwise, heading = otherwise] = [labels[0], headings[0]]
  // A column may be called like its resource: then these are its values.
  const isTaken = spoken.some((texts) => typeof find(texts, pathOf(id, 'labels', ...id.split('.'))) === 'object')
  return overlay(
    label === undefined || isTaken ? {} : below(id, { labels: nested(id.split('.'), label) }),
    heading === undefined ? {} : below(id, { actions: { list: heading } }),
  )
}

function labelIn(texts: Texts, id: string): string | undefined {
  return at(texts, pathOf(id, 'labels', ...id.split('.'))) ?? at(texts, ['labels', ...id.split('.')])
}

/** An id may have dots; AdminJS takes each for a step further down. */
const pathOf = (id: string, ...rest: readonly string[]): string[] => ['resources', ...id.split('.'), ...rest]
const below = (id: string, texts: Texts): Texts => nested(pathOf(id), texts)

function nested(path: readonly string[], value: string | Texts): Texts {
  const [name = '', ...rest] = path
  return { [name]: rest.length === 0 ? value : nested(rest, value) }
}

function find(texts: Texts, path: readonly string[]): string | Texts | undefined {
  return path.reduce<string | Texts | undefined>(
    (found, name) => (typeof found === 'object' ? found[name] : undefined),
    texts,
  )
}

/** An empty text does not name anything: it would leave a heading and a link that nobody sees. */
function at(texts: Texts, path: readonly string[]): string | undefined {
  const found = find(texts, path)
  return typeof found === 'string' && found.trim() !== '' ? found : undefined
}

const BETWEEN_WORDS =
  /[^\p{L}\p{M}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u

/** `order_lines` and `orderLines` are called as AdminJS calls them in its menu: Order Lines. */
function inWords(id: string): string {
  const words = id.split(BETWEEN_WORDS).filter((word) => word !== '')
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}
