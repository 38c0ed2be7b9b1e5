/** The alphabet of text messages (3GPP TS 23.038 §6.2.1), and the characters that take two places in it. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const EXTENSION = new Set('^{}\\[~]|€\f')

/** Characters of one segment. A text with one character outside the alphabet travels as UCS-2. */
const LONGEST = 160
const LONGEST_UCS2 = 70

/** Whether a text message costs one segment. */
export function fitsOneSegment(text: string): boolean {
  if (!Array.from(text).every(isInAlphabet)) return text.length <= LONGEST_UCS2
  const places = Array.from(text, (letter) => (EXTENSION.has(letter) ? 2 : 1))
  return places.reduce((sum, place) => sum + place, 0) <= LONGEST
}

const isInAlphabet = (letter: string): boolean => BASIC.has(letter) || EXTENSION.has(letter)

/**
 * A name in letters of the alphabet, so that a single accent or curly quote does not halve the
 * length of the message. Letters that have no such form stay.
 *
 * @example inAlphabet('Ada’s Café Łódź') // "Ada's Café Lodz"
 */
export function inAlphabet(name: string): string {
  return Array.from(name.normalize('NFC'), (letter) => {
    if (isInAlphabet(letter)) return letter
    const plain = PLAIN.get(letter) ?? letter.normalize('NFKD').replace(/\p{M}/gu, '')
    return Array.from(plain).every(isInAlphabet) ? plain : letter
  }).join('')
}

/** What Unicode does not decompose. */
const PLAIN = new Map(
  Object.entries({
    '‘': "'",
    '’': "'",
    '“': '"',
    '”': '"',
    '„': '"',
    '–': '-',
    '—': '-',
    ł: 'l',
    Ł: 'L',
    œ: 'oe',
    Œ: 'OE',
  }),
)
