import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { registeredTexts, type Language, mergeTexts, type TextTree } from '../i18n/translator.js'
import { packageRoot } from '../package-root.js'

export { mergeTexts, type TextTree as Texts } from '../i18n/translator.js'

const texts: z.ZodType<TextTree> = z.lazy(() => z.record(z.string(), z.union([z.string(), texts])))
const file = z.object({ adminjs: texts })
const groups = file.partial()

/**
 * Builds AdminJS's `locale` with one language only, which is all that a page of the panel needs.
 * Missing texts, and missing files, fall back to English.
 */
export function panelLocale(language: Language, folder = path.join(packageRoot, 'locales')) {
  const translations = { [language]: mergeTexts(readTexts(folder, 'en'), readTexts(folder, language)) }
  return { language, availableLanguages: [language], translations }
}

function readTexts(folder: string, language: Language): TextTree {
  const address = path.join(folder, language, 'panel.json')
  const own = existsSync(address) ? file.parse(JSON.parse(readFileSync(address, 'utf8'))).adminjs : {}
  const { adminjs: added = {} } = groups.parse(registeredTexts(language)['panel'] ?? {})
  return mergeTexts(own, added)
}
