import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { isFromHost } from '../host-code.js'
import { limitBody } from './limit-body.js'
import { refuse } from './refuse.js'
import { normalisePassword } from '../crypto/hash-password.js'

/** A form has a dozen short fields; more is no form of ours. */
const LIMIT_BYTES = 16 * 1024

/** Parses what our own pages post, and nothing else. */
export function parseForms(): RequestHandler[] {
  return [
    refuseOtherTypes,
    limitBody(
      LIMIT_BYTES,
      express.urlencoded({ extended: false, limit: LIMIT_BYTES, parameterLimit: 50, verify: judgeBytes }),
    ),
  ]
}

/** What the parser read of a request, byte by byte. */
const bytesRead = new WeakMap<object, Buffer>()

/** `%zz`, or bytes that are no UTF-8, would silently become another text. Throwing tells the parser. */
function judgeBytes(req: object, _res: unknown, body: Buffer): void {
  decodeURIComponent(body.toString('latin1'))
  bytesRead.set(req, body)
}

/**
 * Reads a form's bytes without a look at its fields, for a route whose own parser comes later.
 *
 * @returns the bytes that `parseForms` or this function read; null if another parser read them,
 *   or if there are too many
 */
export function readBytes(req: Request, res: Response): Promise<Buffer | null> {
  const known = bytesRead.get(req)
  if (known || req.readableEnded) return Promise.resolve(known ?? null)
  const { body } = req
  return new Promise((resolve, reject) => {
    void takeBytes(req, res, (fault: unknown) => {
      const read: unknown = req.body
      req.body = body
      if (fault) return isTooLarge(fault) ? resolve(null) : reject(fault)
      resolve(Buffer.isBuffer(read) ? read : Buffer.alloc(0))
    })
  })
}

/** For a request that gets another body. */
export function forgetBytes(req: Request): void {
  bytesRead.delete(req)
}

const takeBytes = limitBody(LIMIT_BYTES, express.raw({ type: () => true, limit: LIMIT_BYTES, inflate: false }))

const isTooLarge = (fault: unknown) => fault instanceof Error && 'status' in fault && fault.status === 413

/** Whether a request's body is one that `parseForms` takes: a form that is not too large, or nothing. */
export function isForm(req: Request): boolean {
  return isOfOurType(req) && Number(req.headers['content-length'] ?? 0) <= LIMIT_BYTES
}

/** Whether somebody else has read a request's body to its end, and has not left it in `req.body`. */
export function isReadAlready(req: Request): boolean {
  return hasBody(req) && req.readableEnded && req.body === undefined
}

function isOfOurType(req: Request): boolean {
  return !hasBody(req) || Boolean(req.is('application/x-www-form-urlencoded'))
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const refuseOtherTypes: RequestHandler = (req, res, next) => {
  if (isOfOurType(req)) return next()
  refuse(
    req,
    res,
    Number(req.headers['content-length']) > LIMIT_BYTES
      ? { status: 413, code: 'too_large' }
      : { status: 400, code: 'bad_request' },
  )
}

/** A field of a form: one value, no NUL (PostgreSQL has none in text). */
export function field(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0'))
    .optional()
}

/** A password: its length is that of its normalised form, and what was typed may be longer. */
export function passwordField(max: number) {
  return field(4 * max).refine((value) => normalisePassword(value ?? '').length <= max)
}

/**
 * The typed form, or null where a field is doubled, too long or no text.
 *
 * @example const form = readForm(req, z.object({ username: field(254) }))
 */
export function readForm<Form>(req: Request, schema: z.ZodType<Form>): Form | null {
  const parsed = schema.safeParse(req.body ?? {})
  return parsed.success ? parsed.data : null
}

/** Names what the body parser and the router throw over bad input; hands anything else on. */
export const refuseBadInput: ErrorRequestHandler = (error: unknown, req, res, next) => {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
  if (res.headersSent || status < 400 || status >= 500 || isFromHost(error)) return next(error)
  refuse(req, res, status === 413 ? { status, code: 'too_large' } : { status: 400, code: 'bad_request' })
}
