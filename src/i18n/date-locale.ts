/**
 * Returns the locale in which a language writes dates. English is `en-GB`, which is
 * unambiguous wherever English is read.
 *
 * @example dateLocale('en') // 'en-GB': 28 Nov 2026, 19:22
 */
export const dateLocale = (language: string): string => (language === 'en' ? 'en-GB' : language)
