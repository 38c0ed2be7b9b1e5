import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { describeError, UsageError } from '../src/cli/exit-codes.js'
import { SiteError } from '../src/errors.js'
import { logOptions } from '../src/log.js'
import { printable, printableLine } from '../src/printable.js'

/** Escape sequences introduced by one or two bytes, line breaks, and direction overrides. */
const PAYLOADS = [
  '\u001b[31mred',
  '\u009b2J',
  '\u001b]0;title\u0007',
  'a\rb',
  'a\u2028b',
  'Ann\u202eecila',
  '\u2066a',
  '\u0085',
  '\u007f',
]

/** Characters that a terminal obeys, except line feeds and tabs. */
const obeyed = /[^\P{Cc}\t\n]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

describe('text for terminals and logs', () => {
  it('contains nothing that a terminal obeys, and is the same JSON as before', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...PAYLOADS))
    fc.assert(
      fc.property(text, (value) => {
        expect(printable(value)).not.toMatch(obeyed)
        expect(printableLine(value)).not.toMatch(/\n/)
        expect(JSON.parse(printable(JSON.stringify({ value })))).toEqual({ value })
      }),
    )
  })

  it('leaves ordinary text alone', () => {
    for (const text of ['Zoë <a@example.com>', '山田\t太郎\n', 'علی\u200cرضا', '"', '👩‍💻'])
      expect(printable(text)).toBe(text)
  })

  it.each(PAYLOADS)('is one line for a rejection with %j', (payload) => {
    for (const fault of [
      new SiteError('unknown_user', `${payload}\nx`, 'Choose another.'),
      new UsageError([payload]),
    ]) {
      const { lines } = describeError(fault)
      expect(lines).toHaveLength(1)
      expect(lines[0]).not.toMatch(/\n/)
      expect(lines[0]).not.toMatch(obeyed)
    }
  })

  it('shows the stack of an error on several lines', () => {
    expect(describeError(new Error('\u001b[31m')).lines[0]).toMatch(/\\u001b\[31m\n +at /)
  })

  it('is what the log writes', () => {
    let written = ''
    const log = pino(logOptions({ logLevel: 'info' }), { write: (line: string) => void (written += line) })
    log.info({ words: PAYLOADS }, 'a line')
    expect(written).not.toMatch(obeyed)
    expect(JSON.parse(written)).toMatchObject({ words: PAYLOADS, msg: 'a line' })
  })
})
