import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../src/package-root.js'

interface Texts {
  [name: string]: string | Texts
}

/** Reads the texts of a language, by full key such as `pages:layout.sign_out`. */
export function readTexts(language: string): ReadonlyMap<string, string> {
  const folder = path.join(packageRoot, 'locales', language)
  return new Map(
    readdirSync(folder).flatMap((file) => {
      const texts: Texts = JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
      return flatten(texts, `${path.basename(file, '.json')}:`)
    }),
  )
}

function flatten(texts: Texts, before: string): [string, string][] {
  return Object.entries(texts).flatMap(([name, text]) =>
    typeof text === 'string' ? [[before + name, text]] : flatten(text, `${before}${name}.`),
  )
}

/** Returns the plural forms (Unicode CLDR plural categories) of each key that has some, by the key without its form. */
export function pluralsOf(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const plurals = new Map<string, string[]>()
  for (const key of texts.keys()) {
    const [, base = '', form = ''] = /^(.*)_(zero|one|two|few|many|other)$/.exec(key) ?? []
    if (base && texts.has(`${base}_other`)) plurals.set(base, [...(plurals.get(base) ?? []), form])
  }
  return plurals
}

/** Returns the names between braces, sorted. */
export function placeholdersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name))].toSorted()
}

/** Reads every source and view that can name a text, without its comments. */
export function readSources(): { file: string; source: string }[] {
  return ['src', 'views'].flatMap((folder) =>
    readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|tsx|ejs)$/.test(file))
      .map((file) => ({
        file: `${folder}/${file}`,
        source: readFileSync(path.join(packageRoot, folder, file), 'utf8').replaceAll(/^ *(?:\/?\*|\/\/).*$/gm, ''),
      })),
  )
}
