import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8')
const rows = [...read('docs/security.md').matchAll(/^\| (S-\d{2}) +\| (.+?) +\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm)].map(
  ([, id = '', clause = '', what = '', state = '', shown = '']) => ({ id, clause, what, state, shown }),
)
const named = rows.flatMap(({ id, shown }) =>
  [...shown.matchAll(/`((?:test|src)\/[^`]+)`: “(.+?)”(?=<br>|$)/g)].map(([, file = '', title = '']) => ({
    id,
    file,
    title,
  })),
)

describe('the table of standards in docs/security.md', () => {
  it('contains S-01 to S-49 once each, in order', () => {
    const all = Array.from({ length: 49 }, (_, index) => `S-${String(index + 1).padStart(2, '0')}`)
    expect(rows.map(({ id }) => id)).toEqual(all)
  })

  it('states for each row whether it is met, and names a test', () => {
    const states = ['met', 'met under `strict`', 'partly', 'not met']
    const shown = new Set(named.map(({ id }) => id))
    expect(rows.filter(({ state }) => !states.includes(state))).toEqual([])
    expect(rows.filter(({ id, state }) => state !== 'not met' && !shown.has(id))).toEqual([])
  })

  it.each(named)('names an existing test for $id: $file “$title”', ({ file, title }) => {
    expect(existsSync(path.join(packageRoot, file))).toBe(true)
    // The whole title, so that a changed one fails.
    expect(['"', "'", '`'].some((quote) => read(file).includes(`${quote}${title}${quote}`))).toBe(true)
  })
})
