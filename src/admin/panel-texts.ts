import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Language } from '../i18n.js'
import { root } from '../root.js'

const texts = z.object({ adminjs: z.record(z.string(), z.record(z.string(), z.unknown())) })

/** AdminJS's `locale` for one language, and nothing of the others: what a page of the panel carries. */
export function panelLocale(language: Language) {
  const file = path.join(root, 'locales', language, 'panel.json')
  const { adminjs } = texts.parse(JSON.parse(readFileSync(file, 'utf8')))
  return { language, availableLanguages: [language], translations: { [language]: adminjs } }
}
