import express, { type Request, type RequestHandler } from 'express'
import { limitBody } from '../../http/limit-body.js'
import { PanelRefusal } from '../refusal.js'
import { hasMoreFields } from './count-fields.js'

/** Bytes. AdminJS's own parser has no limit for some types, and writes what it gets to the disk. */
const LIMIT = 1024 * 1024
/** A group can hold each permission of a host's resources. */
const MAX_FIELDS = 1_000
export const BODY_TYPES = ['multipart/form-data', 'application/x-www-form-urlencoded', 'application/json']

/** Refuses what is no UTF-8 instead of replacing it. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

type Field = string | number | boolean | null

/**
 * Takes the place of express-formidable: three types of body, no files, and only names
 * that are plain paths. AdminJS puts names into regular expressions without escaping
 * them; a hostile one would block the process for seconds.
 */
export const readFields: RequestHandler[] = [
  limitBody(LIMIT, express.raw({ type: BODY_TYPES, limit: LIMIT })),
  async (req, _res, next) => {
    // What express-formidable looks at and where AdminJS finds the fields.
    Object.assign(req, { fields: await fieldsOf(req), files: {}, express_formidable: { parsed: true } })
    next()
  },
]

async function fieldsOf(req: Request): Promise<Record<string, Field>> {
  const body: unknown = req.body
  if (!Buffer.isBuffer(body)) {
    if (hasBody(req)) throw new PanelRefusal('bad_request', { reason: 'body' })
    return {}
  }
  const fields = await parseBody(body, req.get('content-type') ?? '', MAX_FIELDS).catch(() => null)
  if (!fields || fields.length > MAX_FIELDS || !fields.every(isSafe) || isDoubled(fields))
    throw new PanelRefusal('bad_request', { reason: 'body' })
  return Object.fromEntries(fields.filter((entry): entry is [string, Field] => isPlain(entry[1])))
}

/** A body of a type that was not read. */
export function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
}

/**
 * @param max fields; a body with more of them is not parsed
 * @param takesLists whether JSON may be a list, whose fields are called by their places
 * @throws for what cannot be taken
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
  return isSafeName(name) && isPlain(value) && !(typeof value === 'string' && BROKEN_TEXT.test(value))
}

/** A NUL, half a surrogate pair, or what stands for bytes that were no text: PostgreSQL has none of them. */
export const BROKEN_TEXT = /[\0\p{Surrogate}\ufffd]/u

/** Which of two values counts would be a guess. */
function isDoubled(fields: readonly [string, unknown][]): boolean {
  return new Set(fields.map(([name]) => name)).size < fields.length
}

/** A property's path such as `name` or `filters.created_at~~from`, and nothing that reaches a prototype. */
export function isSafeName(name: string): boolean {
  if (name.length > 100 || !/^\w+(?:(?:\.|~~)\w+)*$/.test(name)) return false
  return !name.split(/\.|~~/).some((part) => ['__proto__', 'prototype', 'constructor'].includes(part))
}
