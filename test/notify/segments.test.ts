import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { languages, translatorFor } from '../../src/i18n/translator.js'
import { renderTextCode } from '../../src/notify/render-phone-code.js'

// The alphabet of GSM 03.38, and its extension, whose characters take two positions.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENSION = '^{}\\[~]|€'

function isOneSegment(text: string): boolean {
  const letters = Array.from(text)
  if (letters.some((letter) => !BASIC.includes(letter) && !EXTENSION.includes(letter))) return text.length <= 70
  return letters.length + letters.filter((letter) => EXTENSION.includes(letter)).length <= 160
}

const sites = [
  'Example Staff Portal',
  'Ada’s Café & Bäckerei',
  'Zakład Usług Łódź',
  'Verwaltung – Größe',
  '夜間デスク',
  '员工管理后台',
  'לוח הבקרה',
]
const hosts = ['staff.example.com', 'localhost', 'zwei-faktor.verwaltung.example.org', '[2001:db8::1]']

describe.each(languages)('a text message in %s', (language) => {
  const t = translatorFor(language)
  const write = (site: string, host: string, minutes = 5) => renderTextCode({ code: '012345', site, host, minutes }, t)

  it('fits into one segment and names site, code and host', () => {
    for (const site of sites)
      for (const host of hosts.slice(0, 2)) {
        const text = write(site, host)
        expect([text, isOneSegment(text)]).toEqual([text, true])
        expect(text).toContain('012345')
        expect(text.endsWith(`\n\n@${host} #012345`)).toBe(true)
        // At least the first letters, in a form that text messages can contain.
        expect(text).toMatch(/Example Staff|Ada|Zak|Verwaltung|夜間デスク|员工管理后台|לוח/)
      }
  })

  it('fits into one segment for any site and host name', () => {
    const site = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }).map((name) => name.slice(0, 64))
    const long = fc.constantFrom(...sites, 'W'.repeat(64), '管'.repeat(64), '🔑'.repeat(32), '{}[]^~€|'.repeat(8))
    const host = fc.oneof(fc.constantFrom(...hosts), fc.domain(), fc.constant(`${'a.'.repeat(125)}com`))
    fc.assert(
      fc.property(fc.oneof(site, long), host, fc.integer({ min: 1, max: 99 }), (name, place, minutes) => {
        const text = write(name, place, minutes)
        expect(isOneSegment(text)).toBe(true)
        expect(text).toContain('012345')
        // The last line is complete or missing (WICG).
        const [, last = `@${place} #012345`] = text.split('\n\n')
        expect(last).toBe(`@${place} #012345`)
      }),
    )
  })
})
