import { randomBytes } from 'node:crypto'
import type { Request } from 'express'

/** 128 bits. */
const FORM_ID = /^[\w-]{22}$/

/** Forms of people who have no session yet, each with the field that makes it one. */
const OF_STRANGERS: Readonly<Record<string, string>> = {
  '/account/login': 'password',
  '/account/password/forgot': 'username',
}

/**
 * What a page that strangers see writes into its form, so that the form can be told from
 * another one of the same text. It opens nothing, and is stored nowhere.
 *
 * @returns '' where a form comes again that had none: a program sent it, which gets the same page each time
 */
export function newFormId({ method, body }: Request): string {
  return method === 'POST' && idIn(body) === null ? '' : randomBytes(16).toString('base64url')
}

/** Names the form that somebody without a session has sent; null: nothing tells it from another. */
export function readFormId({ path, body }: Request): string | null {
  const typed: Record<string, unknown> = body ?? {}
  const needed = typed[OF_STRANGERS[path] ?? '']
  return typeof needed === 'string' && needed !== '' ? idIn(typed) : null
}

/** Whether a page of the site, and not a program, has sent this form. */
export function hasFormId({ body }: Request): boolean {
  return idIn(body) !== null
}

function idIn(body: Readonly<Record<string, unknown>> = {}): string | null {
  const id = body['form_id']
  return typeof id === 'string' && FORM_ID.test(id) ? id : null
}
