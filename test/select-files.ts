import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Test support that brings a site, a database, a browser or another process. */
const SUPPORT =
  /support\/(site|database|postgres-database|start-postgres|chromium|command-line|worker-process|cut-process)\.ts$/
/** How a file brings one without it. */
const BY_ITSELF =
  /from '(node:child_process|playwright-core|adminjs|.*\/adminjs\.js|vitest\/node)'|inject\(|connectDatabase\(/

/** The test files that need no site, database, browser or other process, neither themselves nor through what they import from test/. */
export function unitFiles(): string[] {
  const needsMore = reaches((file, text) => SUPPORT.test(file) || BY_ITSELF.test(text))
  return testFiles().filter((file) => !needsMore(file))
}

/** Folders whose applications add kinds, resources, texts and views, which every site of the process has then. */
const APPLICATIONS = /^(\.\.\/examples|embedding|examples)\//
/** How a file adds one without an application. */
const ADDS =
  /\b(overrideTexts|overrideViews|registerKinds|registerKindTexts|defineKind|defineCustomKind)\(|\bstartTestSite\([^)]*, \{ kinds\b/

/** The test files that change what every site of a process has: they cannot share a process with others. */
export function isolatedFiles(): string[] {
  const changes = reaches(
    (file, text) => APPLICATIONS.test(path.relative(import.meta.dirname, file)) || ADDS.test(text),
  )
  return testFiles().filter(changes)
}

/** All test files, with their full paths. */
export function testFiles(): string[] {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => path.join(import.meta.dirname, file))
}

const FOLDERS = [import.meta.dirname, path.join(import.meta.dirname, '../examples')]
const IMPORT = /^import (?!type )[^;]*?from '(\.[^']*)\.js'/gm

/** Whether a file, or one that it imports from test/ or examples/, matches. */
function reaches(matches: (file: string, text: string) => boolean): (file: string) => boolean {
  const known = new Map<string, boolean>()
  return function reached(file) {
    const before = known.get(file)
    if (before !== undefined) return before
    known.set(file, false)
    const text = readFileSync(file, 'utf8')
    const answer = matches(file, text) || importsOf(file, text).some(reached)
    known.set(file, answer)
    return answer
  }
}

function importsOf(file: string, text: string): string[] {
  const imported = Array.from(text.matchAll(IMPORT), ([, name = '']) => path.resolve(path.dirname(file), name))
  const files = imported.flatMap((name) => [`${name}.ts`, `${name}.js`])
  return files.filter((each) => FOLDERS.some((folder) => each.startsWith(folder)) && existsSync(each))
}
