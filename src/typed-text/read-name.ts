/**
 * Controls, line separators, lone surrogates, and the characters that change the direction of the
 * text around them (Unicode TR9 §2): overrides, embeddings and isolates. Marks, which Persian
 * and Hebrew names need, are not among them.
 */
const REJECTED = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** Whether a name can be shown next to other text, and shows something itself unless it is empty. */
export function isName(text: string): boolean {
  return !REJECTED.test(text) && (text === '' || /[^\p{Default_Ignorable_Code_Point}\s\u2800]/u.test(text))
}

/** A name from a source that cannot be asked for another one: what must not be in it is left out. */
export function cleanName(text: string): string {
  const lines = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
  return lines.replace(new RegExp(REJECTED, 'gu'), '').trim()
}

/**
 * A name that other people chose, for an email: mail programs turn whatever looks like a URI or
 * the name of a host into a link. A word joiner, which is invisible, keeps them from it. Plain
 * email addresses and IP addresses stay as they are.
 */
export function withoutLinks(name: string): string {
  return LINK.test(name.replace(ADDRESS, ''))
    ? name.replace(/[.:/@\u3002\uff0e\uff61](?=[^\s\u2060])/gu, '$&\u2060')
    : name
}

const LINK = /:\/\/|\p{L}:[^\s\u2060]|\bwww\.|@(?!\u2060)|[\p{L}\p{N}][.\u3002\uff0e\uff61]\p{L}{2}/iu

/** An email address that stands alone and has nothing of a URL, or an IP address. */
const ADDRESS = /(?<!\S)(?:(?!www\.)[^\s@:/]+@[^\s@:/]+|[\da-f.]*:[\da-f:.]*:[\da-f:.]*)(?!\S)/giu

/** The same for an email address, which stays as it is unless the part in front of the @ could be a path. */
export function withoutPath(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  return local.includes('/') ? `${withoutLinks(local)}\u2060${address.slice(at)}` : address
}

/**
 * Keeps the direction of a name to itself (U+2068 and U+2069, Unicode TR9 §2.4). Names that can
 * change nothing around them stay as they are.
 */
export function isolate(name: string): string {
  return TURNS.test(name) ? `\u2068${cleanName(name)}\u2069` : name
}

/** Letters that are written from right to left, and direction characters. */
const TURNS =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
