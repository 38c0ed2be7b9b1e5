import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTranslator } from '../../src/i18n.js'
import { mailSchema } from '../../src/notify/mails.js'
import { root } from '../../src/root.js'

const page = readFileSync(path.join(root, 'docs/mails.md'), 'utf8')
const told = [...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name ?? '')
const names = mailSchema.options.map(({ shape }) => z.string().parse(shape.mail.value))

describe('docs/mails.md', () => {
  it('tells of every mail, and of no other, in alphabetical order', () => {
    expect(told).toEqual(names.toSorted())
  })
})

describe('every mail', () => {
  it.each(names)('%s has a subject and says what happened', (name) => {
    const t = createTranslator()
    for (const key of [`mails:${name}.subject`, `mails:${name}.happened`])
      expect(t(key, { site: 'Desk', context: 'administrator' })).not.toBe(key)
    expect(existsSync(path.join(root, 'views/mail/notice.ejs'))).toBe(true)
  })
})
