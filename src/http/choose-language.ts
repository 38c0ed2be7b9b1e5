import type { Request, RequestHandler } from 'express'
import { isLanguage, type Language, languages, type Translate, translatorFor } from '../i18n.js'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** What this request is answered in. */
      language: Language
      /** Texts in that language. */
      t: Translate
    }
  }
}

/** Answers in the language that the browser asks for, until somebody's own setting is known. */
export const chooseLanguage: RequestHandler = (req, _res, next) => {
  speak(req, preferredLanguage(req.acceptsLanguages()))
  next()
}

/**
 * Answers this request in a person's own language.
 *
 * @param locale a setting; null, or what no translation is for, changes nothing
 */
export function speak(req: Request, locale: string | null): void {
  if (!isLanguage(locale)) return
  req.language = locale
  req.t = translatorFor(locale)
}

/** Nobody reads more languages than this; a longer list is no browser's. */
const MOST_ASKED = 10

/**
 * The first language asked for that the site has: by its whole tag, or by its first part
 * (RFC 4647 §3.4), so that `de-AT` and `pt` are answered in German and Portuguese.
 *
 * @param asked the best one first
 */
export function preferredLanguage(asked: readonly string[]): Language {
  for (const tag of asked.slice(0, MOST_ASKED)) {
    const found = languageOf(tag.toLowerCase())
    if (found) return found
  }
  return 'en'
}

const mainOf = (tag: string): string => tag.split('-')[0] ?? tag
const byTag = new Map(languages.map((language) => [language.toLowerCase(), language]))
/** The first of those that share it. */
const byMain = new Map(languages.toReversed().map((language) => [mainOf(language.toLowerCase()), language]))

function languageOf(tag: string): Language | undefined {
  return byTag.get(tag) ?? byMain.get(mainOf(tag))
}
