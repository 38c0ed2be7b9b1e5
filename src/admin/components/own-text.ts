/**
 * A text of the panel's own outside of React: `components` of `locales/<language>/panel.json`.
 *
 * @example ownText('Times', 'never')
 */
export function ownText(part: string, name: string): string {
  const { language, translations } = window.REDUX_STATE.locale
  return translations[language]?.components[part]?.[name] ?? name
}
