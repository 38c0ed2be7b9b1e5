import { describe, expect, it } from 'vitest'
import { emailAddress } from '../../src/cli/read-arguments.js'
import { parseHostUser } from '../../src/auth/host-users/users-adapter.js'
import { readEmail } from '../../src/typed-text/read-email.js'

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
})
