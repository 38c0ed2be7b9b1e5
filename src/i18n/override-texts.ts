import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { SiteError } from '../errors.js'
import { registerTexts, languages, type TextTree } from './translator.js'
import { packageRoot } from '../package-root.js'

const textGroup: z.ZodType<TextTree> = z.lazy(() => z.record(z.string(), z.union([z.string(), textGroup])))

/**
 * Replaces texts of the package and of kinds with an application's texts of the same key, for the whole
 * process. They are in files `<language>/<namespace>.json`; other keys and files keep the
 * package's texts.
 *
 * @throws SiteError `locales_invalid`, which names the file
 * @example overrideTexts('/srv/shop/locales/otp') // with en/pages.json: { "password": { "heading": "Come in" } }
 */
export function overrideTexts(folder: string): void {
  const files = existsSync(folder) && statSync(folder).isDirectory() ? textFiles(folder) : []
  if (files.length === 0) throw invalid(folder, 'does not exist, or contains no texts such as en/pages.json')
  for (const file of files) {
    const [tag = '', name = ''] = file.split(path.sep)
    const language = languages.find((each) => each === tag)
    if (!language)
      throw invalid(path.join(folder, file), `is not in one of the site's languages (${languages.join(', ')})`)
    if (!existsSync(path.join(packageRoot, 'locales/en', name)))
      throw invalid(path.join(folder, file), 'does not match the name of any file in the package')
    registerTexts('application', language, { [path.basename(name, '.json')]: readTexts(path.join(folder, file)) })
  }
}

function textFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
}

function readTexts(file: string): TextTree {
  try {
    return textGroup.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw invalid(file, 'is not a JSON file of texts', error)
  }
}

function invalid(place: string, what: string, cause?: unknown): SiteError {
  return new SiteError(
    'locales_invalid',
    `${place} ${what}.`,
    'See locales/ in the package for the file names and keys.',
    {
      cause,
    },
  )
}
