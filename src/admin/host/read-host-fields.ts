import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { limitBody } from '../../http/limit-body.js'
import { BODY_TYPES, hasBody, parseBody } from '../http/read-fields.js'
import { PanelRefusal } from '../refusal.js'
import type { HostPanel } from './host-admin.js'

/** Bytes. */
const LIMIT = 1024 * 1024
/** Values in one body, at any depth. */
const MAX_VALUES = 1_000

/** A file as formidable 1 hands it on, which is what AdminJS's features read. */
interface PassingFile {
  path: string
  name: string
  type: string
  size: number
}

/**
 * The same as our own reader of bodies, wider where hosts need it: more values, JSON of any
 * depth, names with hyphens, and files where the host asked for them.
 */
export function readHostFields({ bodyLimit = LIMIT, files: takesFiles = false }: HostPanel): RequestHandler[] {
  return [
    limitBody(bodyLimit, express.raw({ type: [...BODY_TYPES, 'application/*+json'], limit: bodyLimit })),
    async (req, res, next) => {
      const entries = await entriesOf(req)
      const sent = entries.filter((entry): entry is [string, File] => entry[1] instanceof File)
      // Browsers send a field in which no file was chosen as an empty file without a name.
      const uploads = takesFiles ? sent : sent.filter(([, file]) => file.size > 0 || file.name !== '')
      if (uploads.length > 0 && !takesFiles) throw new PanelRefusal('bad_request', { reason: 'no_files' })
      const fields = Object.fromEntries(entries.filter(([, value]) => !(value instanceof File)))
      Object.assign(req, { fields, files: await keep(uploads, res), express_formidable: { parsed: true } })
      next()
    },
  ]
}

async function entriesOf(req: Request): Promise<[string, unknown][]> {
  const body: unknown = req.body
  if (!Buffer.isBuffer(body)) {
    if (hasBody(req)) throw new PanelRefusal('bad_request', { reason: 'body' })
    return []
  }
  if (body.length === 0) return []
  const entries = await parse(body, plainType(req.get('content-type') ?? '')).catch(() => null)
  if (!entries) throw new PanelRefusal('bad_request', { reason: 'body' })
  const refused = firstUnsafe(entries, { values: MAX_VALUES })
  if (refused === undefined) return entries
  throw new PanelRefusal('bad_request', { reason: 'field', values: { name: refused.slice(0, 100) } })
}

/** `application/vnd.api+json` is JSON, and the names of types are in any letters; a boundary keeps its own. */
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

/** The name of the first field that is not taken; of two parts with the same name the last one counts, as for formidable. */
function firstUnsafe(entries: readonly (readonly [string, unknown])[], left: { values: number }): string | undefined {
  for (const [name, value] of entries) {
    left.values -= 1
    if (left.values < 0 || !isSafeHostName(name) || !isSound(value)) return name
    const isPart = typeof value === 'object' && value !== null && !(value instanceof File)
    const part = isPart ? firstUnsafe(Object.entries(value), left) : undefined
    if (part !== undefined) return `${name}.${part}`
  }
  return undefined
}

/** What PostgreSQL has no text for: a NUL, and half a surrogate pair. */
const isSound = (value: unknown) => typeof value !== 'string' || !/[\0\p{Surrogate}]/u.test(value)

/** Longer ones are no path of anything. */
const MAX_NAME = 1_000

/**
 * Names of columns and keys of JSON, in any script. AdminJS puts them into regular expressions
 * as they are, so that nothing repeats, chooses or escapes in there, and they can be read as
 * one. What reaches a prototype is no name.
 */
export function isSafeHostName(name: string): boolean {
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

/** Writes files where the host's feature finds them, for nobody else to read, until the answer is out. */
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
