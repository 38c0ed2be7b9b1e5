import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Helpers that bring a site, a database, a browser or another process. */
const HELPER = /support\/(site|database|postgres|start-postgres|browser|command-line|worker-process|cut-process)\.ts$/
/** How a file brings one without a helper. */
const BY_ITSELF =
  /from '(node:child_process|playwright-core|adminjs|.*\/adminjs\.js|vitest\/node)'|inject\(|connectDatabase\(/
const IMPORT = /^import (?!type )[^;]*?from '(\.[^']*)\.js'/gm

/** The test files that need no site, database, browser or other process, neither themselves nor through what they import from test/. */
export function unitFiles(): string[] {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join(import.meta.dirname, file))
    .filter((file) => !needsMore(file))
}

const known = new Map<string, boolean>()

function needsMore(file: string): boolean {
  const before = known.get(file)
  if (before !== undefined) return before
  known.set(file, false)
  const text = readFileSync(file, 'utf8')
  const answer = HELPER.test(file) || BY_ITSELF.test(text) || importsOf(file, text).some(needsMore)
  known.set(file, answer)
  return answer
}

function importsOf(file: string, text: string): string[] {
  return Array.from(text.matchAll(IMPORT), ([, name = '']) => path.resolve(path.dirname(file), `${name}.ts`)).filter(
    (imported) => imported.startsWith(import.meta.dirname) && existsSync(imported),
  )
}
