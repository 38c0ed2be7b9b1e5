import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { isEventName } from '../../src/otp/subscribe.js'
import { createEvents } from '../../src/otp/events.js'
import { packageRoot } from '../../src/package-root.js'

const page = readFileSync(path.join(packageRoot, 'docs/events.md'), 'utf8')
const source = readFileSync(path.join(packageRoot, 'src/otp/events.ts'), 'utf8')

/** The names in the first column of the tables under a heading. */
function listedUnder(heading: string): string[] {
  const [, part = ''] = page.split(`## ${heading}\n`)
  return [...(part.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name)
}

/** The names that an interface of the source declares. */
function declaredIn(name: string): string[] {
  const [, body = ''] = new RegExp(`export interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(source) ?? []
  return [...body.matchAll(/^ {2}(\w+):/gm)].map(([, each = '']) => each)
}

test.each([
  ['Inside the transaction', 'OtpEvents'],
  ['After the fact', 'AfterEvents'],
])('docs/events.md lists under “%s” every event of %s and no other', (heading, name) => {
  const declared = declaredIn(name)
  expect(declared.length).toBeGreaterThan(3)
  expect(new Set(listedUnder(heading))).toEqual(new Set(declared))
})

test('every listed event can be subscribed to', () => {
  const listed = [...listedUnder('Inside the transaction'), ...listedUnder('After the fact')]
  expect(listed.filter((name) => !isEventName(name))).toEqual([])
  expect(typeof createEvents().on('signedIn', () => {})).toBe('function')
})
