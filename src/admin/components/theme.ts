import { combineStyles } from '@adminjs/design-system'

const colour = (name: string) => `var(--color-${name})`

/** Builds AdminJS's theme with the site's colours and fonts. */
export const createTheme = () => ({
  ...styles(),
  font: 'var(--font)',
  // From the last one on, the menu is next to the page.
  breakpoints: ['577px', '769px', '1024px', '1200px'],
})

/** Maps AdminJS's colours to those of views/theme.css, which follow the browser's light or dark setting. */
const styles = () =>
  combineStyles({
    sizes: { sidebarWidth: '248px' },
    colors: {
      primary100: colour('primary'),
      primary80: colour('primary-strong'),
      primary60: colour('primary'),
      primary40: colour('field-border'),
      primary20: colour('primary-soft'),
      accent: colour('primary'),
      love: colour('primary'),
      text: colour('text'),
      grey100: colour('text'),
      grey80: colour('text-soft'),
      grey60: colour('text-faint'),
      grey40: colour('text-faint'),
      grey20: colour('highlight'),
      white: colour('surface'),
      black: colour('text'),
      errorDark: colour('error'),
      error: colour('error'),
      errorLight: colour('error-soft'),
      successDark: colour('success'),
      success: colour('success'),
      successLight: colour('success-soft'),
      warningDark: colour('warning'),
      warning: colour('warning'),
      warningLight: colour('warning-soft'),
      infoDark: colour('primary'),
      info: colour('primary'),
      infoLight: colour('primary-soft'),
      bg: colour('background'),
      filterBg: colour('surface'),
      container: colour('surface'),
      sidebar: colour('surface'),
      border: colour('border'),
      inputBorder: colour('field-border'),
      separator: colour('border'),
      highlight: colour('highlight'),
      hoverBg: colour('highlight'),
    },
    borders: {
      input: `1px solid ${colour('field-border')}`,
      bg: `1px solid ${colour('background')}`,
      default: `1px solid ${colour('border')}`,
      filterInput: `1px solid ${colour('field-border')}`,
    },
    shadows: {
      card: `0 1px 3px ${colour('shadow')}`,
      cardHover: `0 4px 12px ${colour('shadow')}`,
      drawer: `-2px 0 8px ${colour('shadow')}`,
      login: `0 15px 24px ${colour('shadow')}`,
    },
  })
