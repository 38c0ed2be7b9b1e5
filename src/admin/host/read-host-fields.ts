import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { BODY_TYPES, BROKEN_TEXT, hasBody, parseBody } from '../http/read-fields.js'
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
    express.raw({ type: [...BODY_TYPES], limit: bodyLimit }),
    async (req, res, next) => {
      const entries = await entriesOf(req)
      const uploads = entries.filter((entry): entry is [string, File] => entry[1] instanceof File)
      if (uploads.length > 0 && !takesFiles) throw new PanelRefusal('bad_request', { reason: 'body' })
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
  const entries = await parseBody(body, req.get('content-type') ?? '').catch(() => null)
  if (!entries || !areSafe(entries)) throw new PanelRefusal('bad_request', { reason: 'body' })
  return entries
}

function areSafe(entries: readonly [string, unknown][]): boolean {
  const left = { values: MAX_VALUES }
  return new Set(entries.map(([name]) => name)).size === entries.length && entries.every((entry) => isSafe(entry, left))
}

function isSafe([name, value]: readonly [string, unknown], left: { values: number }): boolean {
  left.values -= 1
  if (left.values < 0 || !isSafeHostName(name)) return false
  if (typeof value === 'string') return !BROKEN_TEXT.test(value)
  if (typeof value !== 'object' || value === null || value instanceof File) return true
  return Object.entries(value).every((entry) => isSafe(entry, left))
}

/** As `isSafeName`, with hyphens: AdminJS puts names into regular expressions, where these mean nothing. */
export function isSafeHostName(name: string): boolean {
  if (name.length > 100 || !/^[\w-]+(?:(?:\.|~~)[\w-]+)*$/.test(name)) return false
  return !name.split(/\.|~~/).some((part) => ['__proto__', 'prototype', 'constructor'].includes(part))
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
