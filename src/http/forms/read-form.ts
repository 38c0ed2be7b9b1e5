import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { isFromHost } from '../../host-code.js'
import { limitBody } from './limit-body.js'
import { rejectRequest } from '../pages/reject-request.js'
import { normalisePassword } from '../../crypto/hash-password.js'

/** The site's forms have a dozen short fields. A larger body is not one of them. */
const LIMIT_BYTES = 16 * 1024

/** Parses the forms that the site's pages post, and rejects other bodies. */
export function parseForms(): RequestHandler[] {
  return [
    rejectOtherTypes,
    limitBody(
      LIMIT_BYTES,
      express.urlencoded({ extended: false, limit: LIMIT_BYTES, parameterLimit: 50, verify: checkBytes }),
    ),
  ]
}

/** The bytes that the parser read of each request. */
const bytesRead = new WeakMap<object, Buffer>()

/** Throws on `%zz`, and on bytes that are not UTF-8: the parser would silently turn them into another text. */
function checkBytes(req: object, _res: unknown, body: Buffer): void {
  decodeURIComponent(body.toString('latin1'))
  bytesRead.set(req, body)
}

/**
 * Reads a form's bytes without parsing its fields, for a route whose own parser runs later.
 *
 * @returns the bytes that `parseForms` or this function read; null if another parser read them,
 *   or if there are too many
 */
export function readBytes(req: Request, res: Response): Promise<Buffer | null> {
  const known = bytesRead.get(req)
  if (known || req.readableEnded) return Promise.resolve(known ?? null)
  const { body } = req
  return new Promise((resolve, reject) => {
    void takeBytes(req, res, (error: unknown) => {
      const read: unknown = req.body
      req.body = body
      if (error) return isTooLarge(error) ? resolve(null) : reject(error)
      resolve(Buffer.isBuffer(read) ? read : Buffer.alloc(0))
    })
  })
}

/** Forgets a request's bytes, because its body is replaced. */
export function forgetBytes(req: Request): void {
  bytesRead.delete(req)
}

const takeBytes = limitBody(LIMIT_BYTES, express.raw({ type: () => true, limit: LIMIT_BYTES, inflate: false }))

const isTooLarge = (error: unknown) => error instanceof Error && 'status' in error && error.status === 413

/** Whether `parseForms` accepts a request's body: a form that is not too large, or no body. */
export function isAcceptedForm(req: Request): boolean {
  return hasFormType(req) && Number(req.headers['content-length'] ?? 0) <= LIMIT_BYTES
}

/** Whether another parser has read a request's body to its end without leaving it in `req.body`. */
export function isBodyConsumed(req: Request): boolean {
  return hasBody(req) && req.readableEnded && req.body === undefined
}

function hasFormType(req: Request): boolean {
  return !hasBody(req) || Boolean(req.is('application/x-www-form-urlencoded'))
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const rejectOtherTypes: RequestHandler = (req, res, next) => {
  if (hasFormType(req)) return next()
  rejectRequest(
    req,
    res,
    Number(req.headers['content-length']) > LIMIT_BYTES
      ? { status: 413, code: 'too_large' }
      : { status: 400, code: 'bad_request' },
  )
}

/**
 * Creates the schema of a form field: one value without NUL, which PostgreSQL cannot store in text.
 *
 * @param max characters
 */
export function textField(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0'))
    .optional()
}

/**
 * Creates the schema of a password field. The typed text may be longer than its normalised form.
 *
 * @param max characters of the normalised password
 */
export function passwordField(max: number) {
  return textField(4 * max).refine((value) => normalisePassword(value ?? '').length <= max)
}

/**
 * Reads the typed form.
 *
 * @returns null if a field occurs twice, is too long or is not text
 * @example const form = readForm(req, z.object({ username: field(254) }))
 */
export function readForm<Form>(req: Request, schema: z.ZodType<Form>): Form | null {
  const parsed = schema.safeParse(req.body ?? {})
  return parsed.success ? parsed.data : null
}

/** Responds with 400 or 413 to what the body parser and the router throw over bad input. Passes other errors on. */
export const rejectBadInput: ErrorRequestHandler = (error: unknown, req, res, next) => {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
  if (res.headersSent || status < 400 || status >= 500 || isFromHost(error)) return next(error)
  rejectRequest(req, res, status === 413 ? { status, code: 'too_large' } : { status: 400, code: 'bad_request' })
}
