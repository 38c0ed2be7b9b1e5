import express, { type Request, type RequestHandler } from 'express'
import { limitBody } from '../../http/forms/limit-body.js'
import { PanelError } from '../panel-error.js'
import { hasMoreFields } from './count-fields.js'

/** Bytes. AdminJS's own parser has no limit for some types, and writes uploads to the disk. */
const LIMIT = 1024 * 1024
/** Enough for a group with every permission of a host's resources. */
const MAX_FIELDS = 1_000
export const BODY_TYPES = ['multipart/form-data', 'application/x-www-form-urlencoded', 'application/json']

/** Throws for invalid UTF-8 instead of replacing it. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

type Field = string | number | boolean | null

/**
 * Parses bodies instead of express-formidable: three types, no files, and only names that are
 * plain paths. AdminJS puts names into regular expressions without escaping them, so a
 * malicious one could block the process for seconds.
 */
export const readFields: RequestHandler[] = [
  limitBody(LIMIT, express.raw({ type: BODY_TYPES, limit: LIMIT })),
  async (req, _res, next) => {
    // AdminJS reads `fields` and `files`; `express_formidable` makes its own parser skip the body.
    Object.assign(req, { fields: await fieldsOf(req), files: {}, express_formidable: { parsed: true } })
    next()
  },
]

async function fieldsOf(req: Request): Promise<Record<string, Field>> {
  const body: unknown = req.body
  if (!Buffer.isBuffer(body)) {
    if (hasBody(req)) throw new PanelError('bad_request', { reason: 'body' })
    return {}
  }
  const fields = await parseBody(body, req.get('content-type') ?? '', MAX_FIELDS).catch(() => null)
  if (!fields || fields.length > MAX_FIELDS || !fields.every(isSafe) || isDoubled(fields))
    throw new PanelError('bad_request', { reason: 'body' })
  return Object.fromEntries(fields.filter((entry): entry is [string, Field] => isPlain(entry[1])))
}

/** Checks whether a request has a body, also one of a type that is not parsed. */
export function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
}

/**
 * Parses a form or JSON body into its fields.
 *
 * @param type the `Content-Type` header
 * @param max number of fields; a body with more of them is not parsed
 * @param takesLists whether JSON can be an array, whose fields are named by their index
 * @throws if the body is not valid, not UTF-8 or has too many fields
 */
export async function parseBody(
  body: Buffer,
  type: string,
  max: number,
  takesLists = false,
): Promise<[string, unknown][]> {
  if (hasMoreFields(body, type, max)) throw new TypeError('too many fields')
  if (!/^(?!.*charset)|charset="?utf-8"?\s*(?:;|$)/i.test(type)) throw new TypeError('no UTF-8')
  if (type.startsWith('application/x-www-form-urlencoded')) decodeURIComponent(body.toString('latin1'))
  if (!type.startsWith('application/json'))
    return [...(await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData())]
  const json: unknown = JSON.parse(utf8.decode(body))
  if (typeof json !== 'object' || json === null || (Array.isArray(json) && !takesLists))
    throw new TypeError('no object')
  return Object.entries(json)
}

const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)

function isSafe([name, value]: [string, unknown]): boolean {
  return isSafeFieldName(name) && isPlain(value) && !(typeof value === 'string' && INVALID_TEXT.test(value))
}

/** A NUL, a lone surrogate, or the replacement for invalid bytes. PostgreSQL cannot store the first two. */
export const INVALID_TEXT = /[\0\p{Surrogate}\ufffd]/u

/** Checks for a repeated name: it is not clear which value is meant. */
function isDoubled(fields: readonly [string, unknown][]): boolean {
  return new Set(fields.map(([name]) => name)).size < fields.length
}

/** Checks that a name is a property's path, such as `filters.created_at~~from`, and does not reach a prototype. */
export function isSafeFieldName(name: string): boolean {
  if (name.length > 100 || !/^\w+(?:(?:\.|~~)\w+)*$/.test(name)) return false
  return !name.split(/\.|~~/).some((part) => ['__proto__', 'prototype', 'constructor'].includes(part))
}
