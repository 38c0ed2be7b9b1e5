import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emailAddress } from '../../src/cli/read-arguments.js'
import { parseHostUser } from '../../src/auth/host-users/users-adapter.js'
import { cleanText } from '../../src/typed-text/clean-text.js'
import { readEmail, readMailbox } from '../../src/typed-text/read-email.js'

const valid: [typed: string, email: string][] = [
  ['ada@example.com', 'ada@example.com'],
  [' Ada@Example.COM\t', 'ada@example.com'],
  ['ada+otp@example.com', 'ada+otp@example.com'],
  ["o'hara@example.com", "o'hara@example.com"],
  ['ada@localhost', 'ada@localhost'],
  ['ada@zürich.example', 'ada@xn--zrich-kva.example'],
  ['ada@xn--zrich-kva.example', 'ada@xn--zrich-kva.example'],
  ['josé@example.com', 'josé@example.com'],
  ['ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'ada@example.com'],
  ['mailto:ada@example.com', 'ada@example.com'],
  ['Ada Lovelace <ada@example.com>', 'ada@example.com'],
  ['“ada@example.com”', 'ada@example.com'],
  ['ada@example.com.', 'ada@example.com'],
  ['ada@exam\u00adple.com\u200b', 'ada@example.com'],
  ['\u01f0@example.com', '\u01f0@example.com'],
  ['e\u200b\u0301@example.com', '\u00e9@example.com'],
  [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
]

const invalid = [
  '',
  'ada',
  'ada@',
  '@example.com',
  'ada@@example.com',
  'ada@one@example.com',
  'ada lovelace@example.com',
  '"ada lovelace"@example.com',
  'ada..l@example.com',
  '.ada@example.com',
  'ada.@example.com',
  'ada@-example.com',
  'ada@example..com',
  'ada@exa_mple.com',
  'ada@127.0.0.1',
  'ada@[127.0.0.1]',
  'ada@0x7f',
  'ada@example.com, eve@example.com',
  'ada@example.com;eve@example.com',
  'ada@example.com\r\nBcc: eve@example.com',
  `${'a'.repeat(65)}@example.com`,
  `ada@${'a'.repeat(64)}.com`,
  `ada@${'a.'.repeat(130)}com`,
]

const readHostEmail = (email: string) => () => parseHostUser({ id: 1, email, isStaff: false }).email

describe('an email address', () => {
  it.each(valid)('%j is read as %s on pages, the command line and from adapters', (typed, email) => {
    expect(readEmail(typed)).toBe(email)
    expect(emailAddress.parse(typed)).toBe(email)
    expect(readHostEmail(typed)().toLowerCase()).toBe(email)
  })

  it.each(invalid)('%j is rejected on pages, the command line and from adapters', (typed) => {
    expect(readEmail(typed)).toBeNull()
    expect(emailAddress.safeParse(typed).success).toBe(false)
    expect(readHostEmail(typed)).toThrow('invalid fields')
  })

  it('is the same if a letter and its accent are one character only in lower case', () => {
    expect(readEmail('J\u030c@example.com')).toBe('\u01f0@example.com')
    expect(emailAddress.parse('J\u030c@example.com')).toBe('\u01f0@example.com')
  })

  it('is rejected if it is too long in lower case', () => {
    // Two bytes each, and three in lower case.
    expect(readEmail(`${'\u023a'.repeat(21)}@example.com`)).toBe(`${'\u2c65'.repeat(21)}@example.com`)
    expect(readEmail(`${'\u023a'.repeat(22)}@example.com`)).toBeNull()
    expect(emailAddress.safeParse(`${'\u023a'.repeat(32)}@${'a.'.repeat(90)}com`).success).toBe(false)
  })
})

/** Letters with accents, capitals of every script, and characters that typing and copying add. */
const characters = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 1 }),
  fc.constantFrom(...Array.from('aJ\u030cH\u0331İΣσßẞſǅΑ\u0345\u023aK\u0301\u200b\u3164가가．・。-ー<>"* 1١\u20e3')),
)
const parts = fc.array(characters, { maxLength: 12 }).map((some) => some.join(''))
const addresses = fc
  .tuple(parts, fc.constantFrom('example.com', 'Zürich.example', 'EXAMPLE。com'))
  .map((both) => both.join('@'))

describe('a text that was read', () => {
  const runs = { numRuns: 20_000 }

  it('is read as the same email address again', () => {
    fc.assert(
      fc.property(addresses, (typed) => {
        const email = readEmail(typed)
        if (email === null) return
        expect(readEmail(email)).toBe(email)
        expect(email).toBe(email.toLowerCase())
        expect(readEmail(typed.normalize('NFD'))).toBe(email)
      }),
      runs,
    )
  })

  it('keeps its form if capitals are kept, as applications get it', () => {
    fc.assert(
      fc.property(addresses, (typed) => {
        const mailbox = readMailbox(typed)
        if (mailbox === null) return
        expect(readMailbox(mailbox)).toBe(mailbox)
      }),
      runs,
    )
  })

  it('is already clean', () => {
    fc.assert(
      fc.property(parts, (typed) => {
        expect(cleanText(cleanText(typed))).toBe(cleanText(typed))
      }),
      runs,
    )
  })
})
