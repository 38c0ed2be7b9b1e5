import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import ejs, { type TemplateFunction } from 'ejs'
import { SiteError } from './errors.js'
import { root } from './root.js'

/** What a template may name. A name that is missing here is a fault, not an empty place. */
export type TemplateData = Readonly<Record<string, unknown>>

const folder = path.join(root, 'views')
const compiled = new Map<string, TemplateFunction>()
/** What an application's own views hold, by the addresses of ours. */
let replaced: ReadonlyMap<string, string> = new Map()
let searched: readonly string[] = [folder]

/**
 * Takes an application's views instead of ours of the same name, partials and mails included,
 * for this whole process; what it lacks is ours. Its own partials are included by their path
 * from that folder.
 *
 * @throws SiteError `views_invalid` where there is no such folder, or nothing in it replaces anything
 * @example replaceViews('/srv/shop/views/otp') // with auth/password.ejs in it
 */
export function replaceViews(own: string): void {
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

/** A replaced view keeps the address of ours, so that what it includes is found beside that. */
function includeReplaced(_name: string, filename: string) {
  const template = replaced.get(filename)
  return template === undefined ? { filename } : { template }
}

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
