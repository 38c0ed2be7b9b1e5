// Stands in for `polished` in the design system: that computes with hexadecimal colours,
// ours are CSS variables, and browsers mix those themselves.

/** The colour with this opacity, 0 to 1. */
export const rgba = (colour: string, opacity: number) =>
  `color-mix(in srgb, ${colour} ${Math.round(opacity * 100)}%, transparent)`

/** The colour, darker by a part of 1. */
export const darken = (part: number, colour: string) =>
  `color-mix(in srgb, ${colour}, var(--color-text) ${Math.round(part * 100)}%)`

/** Only used for a focus ring, which panel.css draws instead. */
export const parseToRgb = () => ({ red: 31, green: 79, blue: 216 })

/** @example getValueAndUnit('12px') // [12, 'px'] */
export function getValueAndUnit(value: string | number): [number | string, string | undefined] {
  const [, digits, unit] = /^(-?[\d.]+)([a-z%]*)$/.exec(String(value)) ?? []
  return digits === undefined ? [value, undefined] : [Number(digits), unit]
}
