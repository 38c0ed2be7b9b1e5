import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { limitBody } from '../../http/forms/limit-body.js'
import { BODY_TYPES, hasBody, parseBody } from '../http/read-fields.js'
import { PanelError } from '../panel-error.js'
import type { HostPanel } from './host-admin.js'

/** Bytes. */
const LIMIT = 1024 * 1024
/** Values in one body, at any depth. */
const MAX_VALUES = 1_000

/** A file in the format of formidable 1, which AdminJS's features read. */
interface PassingFile {
  path: string
  name: string
  type: string
  size: number
}

/**
 * Parses bodies for the host's resources, like `readFields`, but also accepts what hosts need:
 * JSON of any depth, more characters in names, and files if the host enabled them.
 */
export function readHostFields({ bodyLimit = LIMIT, files: takesFiles = false }: HostPanel): RequestHandler[] {
  return [
    limitBody(bodyLimit, express.raw({ type: [...BODY_TYPES, 'application/*+json'], limit: bodyLimit })),
    async (req, res, next) => {
      const entries = await entriesOf(req)
      const sent = entries.filter((entry): entry is [string, File] => entry[1] instanceof File)
      // Browsers send a field in which no file was chosen as an empty file without a name.
      const uploads = takesFiles ? sent : sent.filter(([, file]) => file.size > 0 || file.name !== '')
      if (uploads.length > 0 && !takesFiles) throw new PanelError('bad_request', { reason: 'no_files' })
      // Of two parts with the same name the last one is used, as in formidable.
      const fields = Object.fromEntries(entries.filter(([, value]) => !(value instanceof File)))
      Object.assign(req, { fields, files: await keep(uploads, res), express_formidable: { parsed: true } })
      next()
    },
  ]
}

async function entriesOf(req: Request): Promise<[string, unknown][]> {
  const body: unknown = req.body
  if (!Buffer.isBuffer(body)) {
    if (hasBody(req)) throw new PanelError('bad_request', { reason: 'body' })
    return []
  }
  if (body.length === 0) return []
  const entries = await parse(body, plainType(req.get('content-type') ?? '')).catch(() => null)
  if (!entries) throw new PanelError('bad_request', { reason: 'body' })
  const invalidField = firstUnsafe(entries, { values: MAX_VALUES })
  if (invalidField === undefined) return entries
  throw new PanelError('bad_request', { reason: 'field', values: { name: invalidField.slice(0, 100) } })
}

/** Normalises a type: `application/vnd.api+json` is JSON, and case does not matter except in a boundary. */
function plainType(type: string): string {
  const [name = ''] = type.split(';', 1)
  const written = name.trim().toLowerCase()
  return (written.endsWith('+json') ? 'application/json' : written) + type.slice(name.length)
}

async function parse(body: Buffer, type: string): Promise<[string, unknown][]> {
  const entries = await parseBody(body, type, MAX_VALUES, true)
  return type.startsWith('application/x-www-form-urlencoded') ? gather(entries) : entries
}

/** Lists the values of a repeated name, as formidable does for forms that are not multipart. */
function gather(entries: readonly [string, unknown][]): [string, unknown][] {
  const values = new Map<string, unknown[]>()
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value])
  return [...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all])
}

/** Returns the name of the first invalid field. */
function firstUnsafe(entries: readonly (readonly [string, unknown])[], left: { values: number }): string | undefined {
  for (const [name, value] of entries) {
    left.values -= 1
    if (left.values < 0 || !isSafeHostFieldName(name) || !isSound(value)) return name
    const isPart = typeof value === 'object' && value !== null && !(value instanceof File)
    const part = isPart ? firstUnsafe(Object.entries(value), left) : undefined
    if (part !== undefined) return `${name}.${part}`
  }
  return undefined
}

/** Checks for what PostgreSQL cannot store in a text: a NUL and a lone surrogate. */
const isSound = (value: unknown) => typeof value !== 'string' || !/[\0\p{Surrogate}]/u.test(value)

/** Characters. */
const MAX_NAME = 1_000

/**
 * Checks the name of a column or JSON key, in any script. AdminJS puts names into regular
 * expressions without escaping them, so a name must be a valid pattern without repetition,
 * alternatives and escapes. It must not reach a prototype.
 */
export function isSafeHostFieldName(name: string): boolean {
  if (name.length > MAX_NAME || /[\p{Cc}\p{Surrogate}*+?{}|\\]/u.test(name) || !isPattern(name)) return false
  return reachesNoPrototype(name)
}

export function reachesNoPrototype(name: string): boolean {
  return !name.split(/\.|~~|\[|\]/).some((part) => ['__proto__', 'prototype', 'constructor'].includes(part))
}

function isPattern(name: string): boolean {
  try {
    return new RegExp(name) instanceof RegExp
  } catch {
    return false
  }
}

/** Writes uploaded files, readable only by this process's user, and deletes them after the response. */
async function keep(uploads: readonly [string, File][], res: Response): Promise<Record<string, PassingFile>> {
  const kept = uploads.map(([field, file]) => ({ field, file, path: path.join(tmpdir(), `upload-${randomUUID()}`) }))
  res.on('close', () => kept.forEach((each) => void rm(each.path, { force: true })))
  await Promise.all(
    kept.map(async (each) =>
      writeFile(each.path, new Uint8Array(await each.file.arrayBuffer()), { mode: 0o600, flag: 'wx' }),
    ),
  )
  return Object.fromEntries(
    kept.map(({ field, file, path: place }) => [
      field,
      { path: place, name: file.name, type: file.type, size: file.size },
    ]),
  )
}
