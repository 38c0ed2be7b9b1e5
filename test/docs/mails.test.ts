import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTranslator } from '../../src/i18n/translator.js'
import { mailSchema } from '../../src/notify/mails.js'
import { packageRoot } from '../../src/package-root.js'
import { readSources } from '../i18n/read-texts.js'

const page = readFileSync(path.join(packageRoot, 'docs/emails.md'), 'utf8')
const listed = [...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name ?? '')
const names = mailSchema.options.map(({ shape }) => z.string().parse(shape.mail.value))

describe('docs/emails.md', () => {
  it('lists every email and no other, in alphabetical order', () => {
    expect(listed).toEqual(names.toSorted())
  })
})

/** Who can cause an email. An email that names nobody is caused by its owner. */
function doers(shape: (typeof mailSchema.options)[number]['shape']): string[] {
  if (!('by' in shape)) return ['owner']
  const schema = z.toJSONSchema(shape.by)
  return z.array(z.string()).parse(schema.enum ?? [schema.const])
}

describe('an email that names the actor', () => {
  const mails = mailSchema.options.map(({ shape }) => ({
    name: z.string().parse(shape.mail.value),
    by: doers(shape),
    isNotice: 'at' in shape,
  }))
  const rowOf = (name: string) => new RegExp(`^\\| \`${name}\` +\\| (.*?) \\|`, 'm').exec(page)?.[1] ?? ''
  const sources = readSources()

  it.each(mails.filter(({ isNotice, by }) => isNotice && by.includes('owner')))(
    '$name names an administrator in docs/emails.md only if one can do it',
    ({ name, by }) => {
      expect(/administrator/.test(rowOf(name))).toBe(by.includes('administrator'))
    },
  )

  it.each(mails)('$name has a text for each of them and for no one else', ({ name, by }) => {
    const t = createTranslator()
    const texts = ['administrator', 'failures'].filter(
      (doer) =>
        t(`mails:${name}.happened`, { site: 'Desk', context: doer }) !== t(`mails:${name}.happened`, { site: 'Desk' }),
    )
    expect(texts).toEqual(by.filter((doer) => doer !== 'owner'))
  })

  it.each(mails)('$name is sent by code that names it', ({ name }) => {
    expect(sources.some(({ file, source }) => source.includes(`'${name}'`) && file !== 'src/notify/mails.ts')).toBe(
      true,
    )
  })
})

describe('every email', () => {
  it.each(names)('%s has a subject and says what happened', (name) => {
    const t = createTranslator()
    for (const key of [`mails:${name}.subject`, `mails:${name}.happened`])
      expect(t(key, { site: 'Desk', context: 'administrator' })).not.toBe(key)
    expect(existsSync(path.join(packageRoot, 'views/mail/notice.ejs'))).toBe(true)
  })
})
