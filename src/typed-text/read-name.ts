/**
 * Controls, line separators, lone surrogates, and characters that change the direction of the
 * text around them (Unicode TR9 §2): overrides, embeddings and isolates. Directional marks are
 * allowed, because Persian and Hebrew names need them.
 */
const REJECTED = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** Whether a name is empty or visible, and does not affect the text next to it. */
export function isName(text: string): boolean {
  return !REJECTED.test(text) && (text === '' || /[^\p{Default_Ignorable_Code_Point}\s\u2800]/u.test(text))
}

/** Removes characters that names must not contain, for names that cannot be rejected. */
export function cleanName(text: string): string {
  const lines = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
  return lines.replace(new RegExp(REJECTED, 'gu'), '').trim()
}

/**
 * Prevents links in a name that other people chose, for an email: mail programs turn text that
 * looks like a URI or a host name into a link. An invisible word joiner prevents that. Plain
 * email addresses and IP addresses are not changed.
 */
export function withoutLinks(name: string): string {
  return LINK.test(name.replace(ADDRESS, ''))
    ? name.replace(/[.:/@\u3002\uff0e\uff61](?=[^\s\u2060])/gu, '$&\u2060')
    : name
}

const LINK = /:\/\/|\p{L}:[^\s\u2060]|\bwww\.|@(?!\u2060)|[\p{L}\p{N}][.\u3002\uff0e\uff61]\p{L}{2}/iu

/** An email address on its own, without parts of a URL, or an IP address. */
const ADDRESS = /(?<!\S)(?:(?!www\.)[^\s@:/]+@[^\s@:/]+|[\da-f.]*:[\da-f:.]*:[\da-f:.]*)(?!\S)/giu

/** Prevents links in an email address. It is only changed if the part before the @ could be a path. */
export function withoutPath(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  return local.includes('/') ? `${withoutLinks(local)}\u2060${address.slice(at)}` : address
}

/**
 * Isolates a name from the direction of the text around it (U+2068 and U+2069, Unicode TR9 §2.4).
 * Names that cannot affect that text are not changed.
 */
export function isolate(name: string): string {
  return CHANGES_DIRECTION.test(name) ? `\u2068${cleanName(name)}\u2069` : name
}

/** Letters that are written from right to left, and direction characters. */
const CHANGES_DIRECTION =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
