/**
 * Returns one of the panel's texts outside of React, from `components` in `locales/<language>/panel.json`.
 *
 * @example translate('Times', 'never')
 */
export function translate(part: string, name: string): string {
  const { language, translations } = window.REDUX_STATE.locale
  return translations[language]?.components[part]?.[name] ?? name
}
