import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import ejs, { type TemplateFunction } from 'ejs'
import { SiteError } from './errors.js'
import { packageRoot } from './package-root.js'

/** The values of a template. A missing name is an error, not an empty text. */
export type TemplateData = Readonly<Record<string, unknown>>

const folder = path.join(packageRoot, 'views')
const compiled = new Map<string, TemplateFunction>()
/** The contents of an application's views, by the path of the package's view that each replaces. */
let replaced: ReadonlyMap<string, string> = new Map()
let searched: readonly string[] = [folder]

/**
 * Replaces views of the package with an application's views of the same name, including partials
 * and emails, for the whole process. Missing views are the package's. The application's own
 * partials are included by their path from that folder.
 *
 * @throws SiteError `views_invalid` if the folder does not exist or replaces nothing
 * @example overrideViews('/srv/shop/views/otp') // with auth/password.ejs in it
 */
export function overrideViews(own: string): void {
  const files = listViews(own)
  replaced = new Map(
    files
      .filter((file) => existsSync(path.join(folder, file)))
      .map((file) => [path.join(folder, file), readFileSync(path.join(own, file), 'utf8')]),
  )
  if (replaced.size === 0)
    throw new SiteError(
      'views_invalid',
      `The views folder ${own} does not exist, or contains no file named like one of the package's views.`,
      "Pass a folder with files such as auth/password.ejs. The package's own views are in views/.",
    )
  searched = [own, folder]
  compiled.clear()
  ejs.clearCache()
}

function listViews(own: string): string[] {
  const isFolder = existsSync(own) && statSync(own).isDirectory()
  return isFolder ? readdirSync(own, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ejs')) : []
}

const textOf = (filename: string): string => replaced.get(filename) ?? readFileSync(filename, 'utf8')

/** A replaced view keeps the path of the package's view, so that its includes are resolved from there. */
function includeReplaced(_name: string, filename: string) {
  const template = replaced.get(filename)
  return template === undefined ? { filename } : { template }
}

/**
 * Renders `views/<view>.ejs` and escapes every value for HTML. A layout includes a view by its
 * name, so no template prints raw markup (test/templates.test.ts checks this).
 *
 * @example renderHtml('auth/login', { t, email: '' })
 */
export function renderHtml(view: string, data: TemplateData): string {
  return template(view, ejs.escapeXML)(data)
}

/** Renders `views/<view>.ejs` as plain text, without escaping. Only for output that is never interpreted as HTML. */
export function renderText(view: string, data: TemplateData): string {
  return template(view, String)(data)
}

function template(view: string, escape: (value: unknown) => string): TemplateFunction {
  const known = compiled.get(view)
  if (known) return known
  const filename = path.join(folder, `${view}.ejs`)
  const fresh = ejs.compile(textOf(filename), {
    filename,
    views: [...searched],
    escape,
    cache: true,
    includer: includeReplaced,
  })
  compiled.set(view, fresh)
  return fresh
}
