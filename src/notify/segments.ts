/** The alphabet of text messages (3GPP TS 23.038 §6.2.1), and the characters that need two places in it. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const EXTENSION = new Set('^{}\\[~]|€\f')

/** Characters per segment. A text with a character outside the alphabet is sent as UCS-2. */
const LONGEST = 160
const LONGEST_UCS2 = 70

/** Whether a text message fits into one segment. */
export function fitsOneSegment(text: string): boolean {
  if (!Array.from(text).every(isInAlphabet)) return text.length <= LONGEST_UCS2
  const places = Array.from(text, (letter) => (EXTENSION.has(letter) ? 2 : 1))
  return places.reduce((sum, place) => sum + place, 0) <= LONGEST
}

const isInAlphabet = (letter: string): boolean => BASIC.has(letter) || EXTENSION.has(letter)

/**
 * Replaces characters of a name with characters of the alphabet, because a single accent or
 * curly quote would halve the length of the message. Characters without a replacement remain.
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

/** Replacements for characters that Unicode does not decompose. */
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
