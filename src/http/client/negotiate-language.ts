import type { Request, RequestHandler } from 'express'
import { isLanguage, type Language, languages, type Translate, translatorFor } from '../../i18n/translator.js'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** The language of the response. */
      language: Language
      /** Texts in that language. */
      t: Translate
    }
  }
}

/** Uses the language that the browser prefers, until the user's own setting is known. */
export const negotiateLanguage: RequestHandler = (req, _res, next) => {
  setLanguage(req, preferredLanguage(req.acceptsLanguages()))
  next()
}

/**
 * Uses the language of a user's setting for this response.
 *
 * @param locale null or a language without a translation changes nothing
 */
export function setLanguage(req: Request, locale: string | null): void {
  if (!isLanguage(locale)) return
  req.language = locale
  req.t = translatorFor(locale)
}

/** Entries of `Accept-Language` that are looked at. No browser sends a longer list. */
const MAX_TAGS = 10

/**
 * Finds the first requested language that the site has: by its whole tag, or by its first part
 * (RFC 4647 §3.4), so that `de-AT` gets German and `pt` gets Portuguese.
 *
 * @param tags the preferred one first
 */
export function preferredLanguage(tags: readonly string[]): Language {
  for (const tag of tags.slice(0, MAX_TAGS)) {
    const found = languageOf(tag.toLowerCase())
    if (found) return found
  }
  return 'en'
}

const mainOf = (tag: string): string => tag.split('-')[0] ?? tag
const byTag = new Map(languages.map((language) => [language.toLowerCase(), language]))
/** If two languages share a first part, the first of them in the list. */
const byMain = new Map(languages.toReversed().map((language) => [mainOf(language.toLowerCase()), language]))

function languageOf(tag: string): Language | undefined {
  return byTag.get(tag) ?? byMain.get(mainOf(tag))
}
