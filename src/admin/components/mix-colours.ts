// Replaces `polished` in the design system, which computes with hexadecimal colours. The panel's
// colours are CSS variables, which only the browser can mix.

/** Returns the colour with an opacity from 0 to 1. */
export const rgba = (colour: string, opacity: number) =>
  `color-mix(in srgb, ${colour} ${Math.round(opacity * 100)}%, transparent)`

/** Darkens the colour by a part from 0 to 1. */
export const darken = (part: number, colour: string) =>
  `color-mix(in srgb, ${colour}, var(--color-text) ${Math.round(part * 100)}%)`

/** Returns a fixed colour. The design system only uses it for a focus ring, which panel.css replaces. */
export const parseToRgb = () => ({ red: 31, green: 79, blue: 216 })

/**
 * Splits a CSS length into number and unit.
 *
 * @example getValueAndUnit('12px') // [12, 'px']
 */
export function getValueAndUnit(value: string | number): [number | string, string | undefined] {
  const [, digits, unit] = /^(-?[\d.]+)([a-z%]*)$/.exec(String(value)) ?? []
  return digits === undefined ? [value, undefined] : [Number(digits), unit]
}
