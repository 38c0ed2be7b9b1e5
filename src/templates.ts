import { readFileSync } from 'node:fs'
import path from 'node:path'
import ejs, { type TemplateFunction } from 'ejs'
import { root } from './root.js'

/** What a template may name. A name that is missing here is a fault, not an empty place. */
export type TemplateData = Readonly<Record<string, unknown>>

const folder = path.join(root, 'views')
const compiled = new Map<string, TemplateFunction>()

/**
 * Renders `views/<view>.ejs`; every value is escaped for HTML. A layout takes the name
 * of a view and includes it, so no template ever prints raw markup
 * (test/templates.test.ts holds this).
 *
 * @example renderHtml('auth/login', { t, email: '' })
 */
export function renderHtml(view: string, data: TemplateData): string {
  return template(view, ejs.escapeXML)(data)
}

/** Renders `views/<view>.ejs` as plain text: nothing is escaped. Only for what no browser reads as HTML. */
export function renderText(view: string, data: TemplateData): string {
  return template(view, String)(data)
}

function template(view: string, escape: (value: unknown) => string): TemplateFunction {
  const known = compiled.get(view)
  if (known) return known
  const filename = path.join(folder, `${view}.ejs`)
  const fresh = ejs.compile(readFileSync(filename, 'utf8'), { filename, views: [folder], escape, cache: true })
  compiled.set(view, fresh)
  return fresh
}
