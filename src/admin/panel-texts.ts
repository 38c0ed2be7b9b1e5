import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { addedTexts, type Language, overlay, type TextGroup } from '../i18n.js'
import { root } from '../root.js'

export { overlay, type TextGroup as Texts } from '../i18n.js'

const texts: z.ZodType<TextGroup> = z.lazy(() => z.record(z.string(), z.union([z.string(), texts])))
const file = z.object({ adminjs: texts })
const groups = file.partial()

/**
 * Builds AdminJS's `locale` with one language only, which is all that a page of the panel needs.
 * Missing texts, and missing files, fall back to English.
 */
export function panelLocale(language: Language, folder = path.join(root, 'locales')) {
  const translations = { [language]: overlay(readTexts(folder, 'en'), readTexts(folder, language)) }
  return { language, availableLanguages: [language], translations }
}

function readTexts(folder: string, language: Language): TextGroup {
  const address = path.join(folder, language, 'panel.json')
  const own = existsSync(address) ? file.parse(JSON.parse(readFileSync(address, 'utf8'))).adminjs : {}
  const { adminjs: added = {} } = groups.parse(addedTexts(language)['panel'] ?? {})
  return overlay(own, added)
}
