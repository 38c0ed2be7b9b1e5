import { registerTexts, isLanguage, type TextTree } from '../../i18n/translator.js'
import type { CustomKind, KindTexts } from './custom-kind.js'

/** Registers the texts of custom kinds under the keys where pages, emails and the panel look up the texts of every kind. */
export function registerKindTexts(kinds: readonly CustomKind[]): void {
  for (const { name, table, texts } of kinds)
    for (const [language, own] of Object.entries(texts))
      if (isLanguage(language)) registerTexts(language, { pages: pageTexts(name, own), panel: panelTexts(table, own) })
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
