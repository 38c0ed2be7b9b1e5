import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'

/** The number of characters that the server reads of each field. The page must accept as many. */
const LONGEST: Readonly<Record<string, number>> = {
  backup_token: 512,
  counter: 64,
  email: 254,
  key: 512,
  name: 256,
  new_password: 8192,
  otp_token: 512,
  phone_number: 256,
  password: 4096,
  username: 254,
}

/** Types that accept any text without line breaks. `email`, `number` and `url` have their own rules. */
const PLAIN_TYPES = ['text', 'tel', 'password', 'search']
const CHOICES = ['hidden', 'radio', 'checkbox']

const filesOf = (folder: string, end: string) =>
  readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .map((file) => ({ file: `${folder}/${file}`, text: readFileSync(path.join(packageRoot, folder, file), 'utf8') }))

interface Field {
  file: string
  attributes: Map<string, string>
}

/** Returns every input of a template. Attributes that are set at run time are removed. */
function fieldsOf({ file, text }: { file: string; text: string }): Field[] {
  const plain = text.replace(/<%=? *Math\.max\([^%]*?, (\d+)\) *%>/g, '$1').replace(/<%[^]*?%>/g, '')
  return [...plain.matchAll(/<(?:input|textarea)\b([^>]*)>/g)].map(([, attributes = '']) => ({
    file,
    attributes: new Map(
      [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  }))
}

const fields = filesOf('views', '.ejs')
  .flatMap(fieldsOf)
  .filter(({ attributes }) => !CHOICES.includes(attributes.get('type') ?? 'text') && !attributes.has('readonly'))
  .map(({ file, attributes }) => ({ file, attributes, name: attributes.get('name') || attributes.get('id') || '' }))

describe('a field of a page', () => {
  it('is listed above', () => {
    expect(fields.length).toBeGreaterThan(20)
    expect([...new Set(fields.map(({ name }) => name.replace(/_next$/, '')))].toSorted()).toEqual(
      Object.keys(LONGEST)
        .filter((name) => name !== 'backup_token')
        .toSorted(),
    )
  })

  it.each(fields)('$name of $file has no additional rule for its text', ({ attributes }) => {
    expect(attributes.has('pattern')).toBe(false)
    expect(PLAIN_TYPES).toContain(attributes.get('type') ?? 'text')
  })

  it.each(fields)('$name of $file accepts everything that the server reads', ({ name, attributes }) => {
    const longest = attributes.get('maxlength')
    expect(Number(longest ?? Infinity)).toBeGreaterThanOrEqual(LONGEST[name.replace(/_next$/, '')] ?? Infinity)
  })

  it('of the panel has no additional rule either', () => {
    for (const { file, text } of filesOf('src/admin/components', '.tsx')) {
      expect([file, /\bpattern=|type="(?:email|number|tel|url)"/.test(text)]).toEqual([file, false])
      for (const [, longest] of text.matchAll(/maxLength=\{(\d+)\}/g))
        expect(Number(longest)).toBeGreaterThanOrEqual(512)
    }
  })
})
