import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTranslator } from '../src/i18n/translator.js'
import { packageRoot } from '../src/package-root.js'
import { renderHtml, renderText } from '../src/templates.js'

const data = {
  t: createTranslator(),
  template: 'backup-token-used',
  mail: 'backup-token-used',
  language: 'en',
  happened: 'Used to sign in to A & B.',
  facts: [
    { label: 'Time', value: '1970-01-01 00:00 UTC' },
    { label: 'Browser', value: '"><img src=x>' },
  ],
  site: 'A & B',
  subject: '<subject>',
  greeting: 'Hello <script>alert(1)</script>,',
  left: 9,
  link: 'https://admin.example.com/account/two-factor/sessions?a=1&b=2',
}

describe('renderHtml', () => {
  it('escapes every value, in the layout and in what it includes', () => {
    const html = renderHtml('mail/layout', data)
    expect(html).toContain('Hello &lt;script&gt;alert(1)&lt;/script&gt;,')
    expect(html).toContain('<td>&#34;&gt;&lt;img src=x&gt;</td>')
    expect(html).toContain('sign in to A &amp; B.')
    expect(html).toContain('sessions?a=1&amp;b=2"')
  })

  it('throws if a name was not passed', () => {
    const { link: _, ...withoutLink } = data
    expect(() => renderHtml('mail/layout', withoutLink)).toThrow(/link is not defined/)
  })
})

describe('renderText', () => {
  it('leaves values as they are', () => {
    expect(renderText('mail/layout.text', data)).toContain('Browser: "><img src=x>')
  })
})

it('prints no unescaped markup in any view: `<%-` is only used before include', async () => {
  const raw: string[] = []
  for (const file of await readdir(path.join(packageRoot, 'views'), { recursive: true }))
    if (file.endsWith('.ejs'))
      for (const [found] of (await readFile(path.join(packageRoot, 'views', file), 'utf8')).matchAll(
        /<%-(?!\s*include\()[^%]*%>/g,
      ))
        raw.push(`${file}: ${found}`)
  expect(raw).toEqual([])
})
