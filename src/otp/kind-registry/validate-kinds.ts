import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { SiteError } from '../../errors.js'
import { languages } from '../../i18n/translator.js'
import { type CustomKind, filterCustomKinds } from './custom-kind.js'
import { KIND_NAME_PATTERN, type Kind } from './kind.js'

/** Names that paths under /account/two-factor and factors of a session already use, and the one that every object has. */
const RESERVED = [
  'browsers',
  'constructor',
  'devices',
  'disable',
  'invitation',
  'password',
  'phones',
  'qrcode',
  'sessions',
  'setup',
]

const line = z.string().min(1).max(200)
const lines = z.record(z.string(), z.string().min(1))
const textsOfLanguage = z.object({
  name: line,
  names: line,
  about: line,
  add: line,
  token: line,
  token_hint: line,
  columns: lines.optional(),
  errors: lines.optional(),
  view: lines.optional(),
})

/**
 * Rejects kinds that could not work, before anything else happens.
 *
 * @param kinds the built-in kinds, then the custom ones
 * @throws SiteError `kind_name_invalid`, `kind_name_taken` or `kind_incomplete`
 */
export function validateKinds(kinds: readonly Kind[]): void {
  const taken = new Set(RESERVED)
  for (const kind of kinds) {
    if (!KIND_NAME_PATTERN.test(kind.name)) throw nameInvalid(kind.name)
    if (taken.has(kind.name)) throw nameTaken(kind.name)
    taken.add(kind.name)
  }
  for (const kind of filterCustomKinds(kinds)) {
    const missing = findMissingParts(kind)
    if (missing.length > 0) throw incomplete(kind.name, missing)
  }
}

function findMissingParts(kind: CustomKind): string[] {
  const { migrations, model, panel, texts, setup, field } = kind
  const parsed = z.object({ en: textsOfLanguage }).catchall(textsOfLanguage).safeParse(texts)
  const unknown = Object.keys(texts).filter((tag) => !languages.some((language) => language === tag))
  const maxLength = field?.maxLength ?? 16
  return [
    ...(migrations.length === 0 ? ['a migration that creates its table'] : []),
    ...panel.columns.filter((column) => !Object.hasOwn(model, column)).map((column) => `model.${column}`),
    ...panel.columns.filter((column) => !texts.en?.columns?.[column]).map((column) => `texts.en.columns.${column}`),
    ...(parsed.error?.issues.map((issue) => `texts.${issue.path.join('.')}`) ?? []),
    ...unknown.map((tag) => `a language of the site instead of texts.${tag}`),
    ...(isFile(setup.view) ? [] : ['setup.view, as the path of a file']),
    ...findMissingBrowserParts(kind),
    ...(Number.isInteger(maxLength) && maxLength > 0 && maxLength <= 1024 ? [] : ['field.maxLength from 1 to 1024']),
  ]
}

const isFile = (file: string): boolean => path.isAbsolute(file) && existsSync(file)

/** A browser's answer is verified in this process, and is neither typed nor sent to the user. */
function findMissingBrowserParts({ browser, model, challenge, prepare, field }: CustomKind): string[] {
  if (!browser) return []
  return [
    ...(isFile(browser.script) ? [] : ['browser.script, as the path of a file']),
    ...browser.columns.filter((column) => !Object.hasOwn(model, column)).map((column) => `model.${column}`),
    ...(challenge || prepare || field ? ['a choice: browser, or challenge, prepare and field'] : []),
  ]
}

function nameInvalid(name: string): SiteError {
  return new SiteError(
    'kind_name_invalid',
    `"${name}" is not a valid name for a kind of device, because the name becomes part of device IDs.`,
    'Use 1 to 16 characters from a-z and 0-9, starting with a letter.',
  )
}

function nameTaken(name: string): SiteError {
  return new SiteError(
    'kind_name_taken',
    `The name "${name}" is already used by another kind of device or by a page of the site.`,
    'Give the kind another name.',
  )
}

function incomplete(name: string, missing: readonly string[]): SiteError {
  return new SiteError(
    'kind_incomplete',
    `The kind of device "${name}" is missing ${missing.join(', ')}.`,
    'Pass what is missing to defineKind().',
  )
}
