/**
 * The languages of the site as BCP 47 tags; each has a folder in `locales`. English comes first,
 * because it is the fallback for the others.
 */
export const languages = ['en', 'de', 'es', 'fr', 'ja', 'nl', 'pl', 'pt-BR', 'zh-CN'] as const

/** A language of the site (BCP 47). */
export type Language = (typeof languages)[number]

/** The name of each language in that language, for lists to choose from. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  ja: '日本語',
  nl: 'Nederlands',
  pl: 'Polski',
  'pt-BR': 'Português (Brasil)',
  'zh-CN': '简体中文',
}

/** Whether a tag from a setting or a browser is a language of the site. */
export function isLanguage(tag: unknown): tag is Language {
  return languages.some((language) => language === tag)
}
