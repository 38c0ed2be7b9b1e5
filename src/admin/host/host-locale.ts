import { locales } from '../adminjs.js'
import type { Language } from '../../i18n/translator.js'
import { mergeTexts, panelLocale, type Texts } from '../panel-texts.js'

/** The locale that AdminJS built from the host's `locale` and the translations in its resources' options. */
interface GivenLocale {
  language?: string | undefined
  translations?: object | undefined
}

/**
 * Builds the panel's texts in one language, with the host's on top. The site's texts apply to its
 * own resources only. The host's resources have the host's names, in its first language if the
 * reader's is missing, or else AdminJS's. The host's name for a resource of the site applies
 * everywhere. AdminJS has no French and no Dutch, so its few texts come from the site there.
 *
 * @param resourceIds IDs of the host's resources
 * @param ownIds IDs of the site's resources
 */
export function hostLocale(
  language: Language,
  adminLocale: GivenLocale,
  resourceIds: Iterable<string>,
  ownIds: ReadonlySet<string>,
) {
  const { language: first = 'en', translations = {} } = adminLocale
  const own = panelLocale(language)
  const siteTexts = own.translations[language] ?? {}
  const [best, second] = [language, first].map((name) => textsOf(Reflect.get(translations, name)))
  const hosts = mergeTexts(second ?? {}, best ?? {})
  const spoken = [best ?? {}, second ?? {}]
  const plain = mergeTexts(plainTexts(language, siteTexts), { resources: {} })
  const hostIds = [...resourceIds]
  const layers = [
    ...hostIds.map((id) => wordsOf(plain, hosts, siteTexts, id)),
    forAll(plain, siteTexts),
    belowResources(siteTexts, ownIds),
    hosts,
    ...hostIds.map((id) => namesOf(spoken, id, inWords(id))),
    ...[...ownIds].map((id) => namesOf(spoken, id)),
  ]
  return { ...own, translations: { [language]: layers.reduce(mergeTexts, plain) } }
}

/** Returns AdminJS's own texts, in English if it does not have the language. */
function plainTexts(language: Language, ours: Texts): Texts {
  const english = textsOf(locales.en)
  const known = textsOf(Reflect.get(locales, language))
  const named = NAMESPACES.map((name) => [name, common(textsOf(english[name]), textsOf(ours[name]))] as const)
  return mergeTexts(mergeTexts(english, Object.keys(known).length > 0 ? {} : Object.fromEntries(named)), known)
}

const NAMESPACES = ['actions', 'buttons', 'labels', 'messages', 'properties'] as const
/** Texts of the site that are about devices. */
const OF_DEVICES = ['confirmDelete', 'confirmBulkDelete']

/** Returns those of the site's texts that AdminJS also has, except the ones about devices. */
function common(theirs: Texts, ours: Texts): Texts {
  return Object.fromEntries(
    Object.entries(ours).filter(([name]) => Object.hasOwn(theirs, name) && !OF_DEVICES.includes(name)),
  )
}

/** Returns those of the site's texts that do not belong to a resource, such as the parts of a page. */
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

/** Copies the site's general texts to each of its resources, below the resource's own texts. */
function belowResources(ours: Texts, ownIds: ReadonlySet<string>): Texts {
  const { properties = {}, actions = {}, labels = {}, buttons = {}, messages = {} } = ours
  const below = textsOf({ properties, actions, labels, buttons, messages })
  const own = textsOf(ours['resources'])
  return { resources: Object.fromEntries([...ownIds].map((id) => [id, mergeTexts(below, textsOf(own[id]))])) }
}

/** Returns the texts of a nested object and leaves out other values. */
function textsOf(value: unknown): Texts {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(value).map(([name, text]: [string, unknown]) => {
    const kept: string | Texts = typeof text === 'string' ? text : textsOf(text)
    return [name, kept] as const
  })
  return Object.fromEntries(entries)
}

/** Messages of a page for something that does not exist. AdminJS's own texts for them contain IDs. */
const ABSENT = ['error404Resource', 'error404Action', 'error404Record']

/** Builds the texts of one of the host's resources. A resource's own text is found before the general one. */
function wordsOf(plain: Texts, hosts: Texts, ours: Texts, id: string): Texts {
  const absent = Object.entries(textsOf(ours['messages'])).filter(([name]) => ABSENT.includes(name))
  const base = mergeTexts(mergeTexts(plain, { messages: Object.fromEntries(absent) }), hosts)
  const { actions, buttons, messages } = base
  const labels = common(textsOf(textsOf(locales.en)['labels']), textsOf(base['labels']))
  return below(id, { actions: textsOf(actions), buttons: textsOf(buttons), messages: textsOf(messages), labels })
}

/**
 * Returns the name of a resource and the heading of its list, in the first language that has
 * either of them.
 *
 * @param spoken the host's texts, the reader's language before the host's first one
 * @param otherwise the name if the host has none; undefined: no name
 */
function namesOf(spoken: readonly Texts[], id: string, otherwise?: string): Texts {
  const labels = spoken.flatMap((texts) => labelIn(texts, id) ?? [])
  const headings = spoken.flatMap((texts) => at(texts, pathOf(id, 'actions', 'list')) ?? labelIn(texts, id) ?? [])
  const [label = otherwise, heading = otherwise] = [labels[0], headings[0]]
  // A column can have the same name as its resource. The texts are then those of its values.
  const isTaken = spoken.some((texts) => typeof find(texts, pathOf(id, 'labels', ...id.split('.'))) === 'object')
  return mergeTexts(
    label === undefined || isTaken ? {} : below(id, { labels: nested(id.split('.'), label) }),
    heading === undefined ? {} : below(id, { actions: { list: heading } }),
  )
}

function labelIn(texts: Texts, id: string): string | undefined {
  return at(texts, pathOf(id, 'labels', ...id.split('.'))) ?? at(texts, ['labels', ...id.split('.')])
}

/** Builds the path of a resource's texts. AdminJS treats each dot of an ID as one level. */
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

/** Finds a text that is not empty. An empty one would leave an invisible heading and link. */
function at(texts: Texts, path: readonly string[]): string | undefined {
  const found = find(texts, path)
  return typeof found === 'string' && found.trim() !== '' ? found : undefined
}

const BETWEEN_WORDS =
  /[^\p{L}\p{M}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u

/** Formats an ID as AdminJS does in its menu: `order_lines` and `orderLines` become Order Lines. */
function inWords(id: string): string {
  const parts = id.split(BETWEEN_WORDS).filter((word) => word !== '')
  return parts.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}
