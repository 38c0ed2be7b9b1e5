import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8')

/** Every file of the repository below a folder, except what is installed or generated. */
function filesIn(folder: string, extension: RegExp): string[] {
  return readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => extension.test(file) && !/node_modules|docs\/api\//.test(file))
}

const pages = [
  ...readdirSync(packageRoot).filter((name) => name.endsWith('.md')),
  ...filesIn('docs', /\.md$/),
  ...filesIn('examples', /\.md$/),
]
const sources = ['src', 'test', 'scripts', 'examples', 'bench'].flatMap((folder) =>
  filesIn(folder, /\.(ts|tsx|js|mjs|ejs)$/),
)

/** A page without its code blocks, in which brackets are not links. */
const prose = (text: string) => text.replaceAll(/^ *```[^]*?^ *```/gm, '')

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(text: string): string[] {
  const slugs = [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
  return slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((other) => other === slug).length
    return before === 0 ? slug : `${slug}-${before}`
  })
}

/** The targets of the relative links and pictures of a page. */
function linksOf(page: string): string[] {
  const targets = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

/** Whether a link of a page points to a file, and its anchor to a heading in it. */
function isFound(page: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const found = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
  if (!existsSync(path.join(packageRoot, found))) return false
  if (anchor === undefined) return true
  return statSync(path.join(packageRoot, found)).isFile() && anchorsOf(read(found)).includes(anchor)
}

describe('the documents', () => {
  it.each(pages)('%s has no broken link', (page) => {
    expect(linksOf(page).filter((target) => !isFound(page, target))).toEqual([])
  })

  it('are all reachable from docs/README.md or README.md', () => {
    const reached = new Set<string>()
    const queue = ['README.md', 'docs/README.md']
    for (let page = queue.pop(); page !== undefined; page = queue.pop()) {
      if (reached.has(page)) continue
      reached.add(page)
      const folder = path.posix.dirname(page)
      const next = linksOf(page).map((target) => path.posix.join(folder, target.split('#')[0] ?? ''))
      queue.push(...next.filter((target) => target.endsWith('.md') && existsSync(path.join(packageRoot, target))))
    }
    const guides = pages.filter((page) => page.startsWith('docs/'))
    expect(guides.filter((page) => !reached.has(page))).toEqual([])
  })

  it.each(pages.filter((page) => page !== 'CHANGELOG.md'))('%s names only files that exist', (page) => {
    const named = [...read(page).matchAll(/`((?:src|test|docs|scripts|bench|examples|locales|views)\/[\w./-]+)`/g)]
    const missing = named.map(([, file = '']) => file).filter((file) => !existsSync(path.join(packageRoot, file)))
    expect(missing).toEqual([])
  })

  it.each(pages.filter((page) => page !== 'docs/security.md'))(
    '%s refers to no list outside the repository',
    (page) => {
      expect(read(page).match(/\b[ADFIJS]-\d\d\b|\b(?:CONTRACT|DESIGN|HOUSE|NAMES|WORDING)\.md/g) ?? []).toEqual([])
    },
  )
})

describe('the sources', () => {
  it('name only documents that exist', () => {
    const missing = sources.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
        .filter(([page]) => !existsSync(path.join(packageRoot, page)))
        .map(([page]) => `${file}: ${page}`),
    )
    expect(missing).toEqual([])
  })
})
