import { type Language, languages, registerTexts, type TextTree } from '../../i18n/translator.js'
import type { CustomKind, KindTexts } from './custom-kind.js'

/** Registers the texts of kinds that bring their own. */
export function registerKindTexts(kinds: readonly CustomKind[]): void {
  for (const kind of kinds)
    for (const language of languages.filter((each) => kind.texts[each]))
      registerTexts('kind', language, textsOfKind(kind, language))
}

/** Returns a kind's texts under the keys where pages, emails and the panel look up the texts of every kind. */
export function textsOfKind({ name, table, texts }: CustomKind, language: Language): TextTree {
  const own = texts[language]
  return own ? { pages: pageTexts(name, own), panel: panelTexts(table, own) } : {}
}

function pageTexts(kind: string, texts: KindTexts): TextTree {
  const { name, about, add, token, token_hint, errors = {}, view = {} } = texts
  return {
    kinds: { [kind]: name },
    setup: { method: { names: { [kind]: name }, about: { [kind]: about } } },
    added_kinds: { [kind]: { about, add, token, token_hint, errors: { ...errors }, view: { ...view } } },
  }
}

function panelTexts(table: string, { name, names, columns = {} }: KindTexts): TextTree {
  return {
    adminjs: {
      labels: { [table]: names, [`one_${table}`]: name },
      resources: { [table]: { properties: { ...columns }, actions: { list: names } } },
    },
  }
}
