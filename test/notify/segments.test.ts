import { expect, it } from 'vitest'
import { languages, translatorFor } from '../../src/i18n.js'
import { codeForText } from '../../src/notify/render-phone-code.js'

// The alphabet of GSM 03.38, and its extension, whose characters take two places.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENSION = '^{}\\[~]|€'

function fitsOneSegment(text: string): boolean {
  const letters = Array.from(text)
  if (letters.some((letter) => !BASIC.includes(letter) && !EXTENSION.includes(letter))) return text.length <= 70
  return letters.length + letters.filter((letter) => EXTENSION.includes(letter)).length <= 160
}

it.each(languages)('a text message in %s costs one segment (DEV-R4)', (language) => {
  const about = { code: '123456', site: 'Example Staff Portal', host: 'staff.example.com', minutes: 5 }
  expect(fitsOneSegment(codeForText(about, translatorFor(language)))).toBe(true)
})
