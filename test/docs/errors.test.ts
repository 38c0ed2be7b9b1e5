import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'

const page = readFileSync(path.join(packageRoot, 'docs/errors.md'), 'utf8')
const [atStart = '', inPages = ''] = page.split('## In pages')
const codesOf = (section: string) => [...section.matchAll(/^\| `([a-z_]+)`/gm)].map((match) => match[1] ?? '')

const source = readdirSync(path.join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(packageRoot, 'src', file), 'utf8'))
  .join('\n')

describe('docs/errors.md', () => {
  it('lists every code that a SiteError is created with', () => {
    const made = [...source.matchAll(/new SiteError\(\s*'([a-z_]+)'/g)].map((match) => match[1] ?? '')
    expect(made.length).toBeGreaterThan(5)
    expect(codesOf(atStart)).toEqual(expect.arrayContaining(made))
  })

  it('lists every code that a rejected request gets', () => {
    const answered = [...source.matchAll(/\bstatus: \d{3}, code: '([a-z_]+)'/g)].map((match) => match[1] ?? '')
    expect(answered.length).toBeGreaterThan(3)
    expect(codesOf(inPages)).toEqual(expect.arrayContaining(answered))
  })

  it('lists no code that no longer exists', () => {
    expect(codesOf(page).filter((code) => !new RegExp(`['\`]${code}\\b`).test(source))).toEqual([])
  })

  it('lists the codes at the start in alphabetical order', () => {
    expect(codesOf(atStart)).toEqual(codesOf(atStart).toSorted())
  })
})
