import type { Request } from 'express'
import { safeNext } from '../http/safe-next.js'
import type { Auth } from './auth.js'

/**
 * Where a person comes back to after signing in: the path that they asked for. After a
 * rejected POST that is the page at the same path, or nothing if the path only takes a POST.
 */
export function wayBack(auth: Pick<Auth, 'hasPage'>, { method, originalUrl }: Request): string | null {
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead ? safeNext(originalUrl) : pageAt(auth, safeNext(originalUrl))
}

/** A path that was checked, or null if it only takes a POST: a browser that is sent there gets an error. */
export function pageAt({ hasPage }: Pick<Auth, 'hasPage'>, address: string | null): string | null {
  return address !== null && hasPage(address.split('?')[0] ?? '') ? address : null
}
