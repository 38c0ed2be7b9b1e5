import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Language } from '../i18n.js'
import { root } from '../root.js'

/** Texts in groups of any depth. */
interface Texts {
  [name: string]: string | Texts
}

const texts: z.ZodType<Texts> = z.lazy(() => z.record(z.string(), z.union([z.string(), texts])))
const file = z.object({ adminjs: texts })

/**
 * AdminJS's `locale` for one language, and nothing of the others: what a page of the panel
 * carries. What a language lacks is said in English, a whole missing file too.
 */
export function panelLocale(language: Language, folder = path.join(root, 'locales')) {
  const translations = { [language]: overlay(readTexts(folder, 'en'), readTexts(folder, language)) }
  return { language, availableLanguages: [language], translations }
}

function readTexts(folder: string, language: Language): Texts {
  const address = path.join(folder, language, 'panel.json')
  return existsSync(address) ? file.parse(JSON.parse(readFileSync(address, 'utf8'))).adminjs : {}
}

function overlay(english: Texts, own: Texts): Texts {
  const merged: Texts = { ...english, ...own }
  for (const [name, text] of Object.entries(own)) {
    const base = english[name]
    if (typeof base === 'object' && typeof text === 'object') merged[name] = overlay(base, text)
  }
  return merged
}
