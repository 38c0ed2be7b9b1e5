import { randomBytes } from 'node:crypto'
import type { Request } from 'express'

/** 128 bits. */
const FORM_ID = /^[\w-]{22}$/

/** Forms that are sent without a session, each with the field that must not be empty. */
const ANONYMOUS_FORMS: Readonly<Record<string, string>> = {
  '/account/login': 'password',
  '/account/password/forgot': 'username',
}

/**
 * Creates the ID that an anonymous page writes into its form, which distinguishes it from another
 * form with the same content. It gives no access and is not stored.
 *
 * @returns '' for a rejected form without an ID: a program sent it, and gets the same page each time
 */
export function newFormId({ method, body }: Request): string {
  return method === 'POST' && idIn(body) === null ? '' : challengeFormId()
}

/**
 * Creates the ID of a form that requests a code. It distinguishes a form that is sent again, whose
 * response was perhaps lost, from another request for a code, for which the cooldown applies.
 */
export function challengeFormId(): string {
  return randomBytes(16).toString('base64url')
}

/** Reads the ID of a form that was sent without a session. Null if it has none. */
export function readFormId({ path, body }: Request): string | null {
  const typed: Record<string, unknown> = body ?? {}
  const needed = typed[ANONYMOUS_FORMS[path] ?? '']
  return typeof needed === 'string' && needed !== '' ? idIn(typed) : null
}

/** Whether this form was sent from a page of the site, and not by a program. */
export function hasFormId({ body }: Request): boolean {
  return idIn(body) !== null
}

/** Whether this form requests a code and was sent from a page of the site: it sends one code. */
export function isChallengeForm(req: Request): boolean {
  const typed: Record<string, unknown> = req.body ?? {}
  return typed['otp_challenge'] !== undefined && hasFormId(req)
}

function idIn(body: Readonly<Record<string, unknown>> = {}): string | null {
  const id = body['form_id']
  return typeof id === 'string' && FORM_ID.test(id) ? id : null
}
