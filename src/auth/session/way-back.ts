import type { Request } from 'express'
import { safeNext } from '../../http/paths/safe-next.js'
import type { Auth } from '../auth.js'

/**
 * Returns the path to which a user returns after signing in: the requested one. After a rejected
 * POST it is the page at the same path, or null if the path only accepts POST.
 */
export function wayBack(auth: Pick<Auth, 'hasPage'>, { method, originalUrl }: Request): string | null {
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead ? safeNext(originalUrl) : pageAt(auth, safeNext(originalUrl))
}

/** Returns a path, or null if it only accepts POST, because a browser that is redirected there gets an error. */
export function pageAt({ hasPage }: Pick<Auth, 'hasPage'>, address: string | null): string | null {
  return address !== null && hasPage(address.split('?')[0] ?? '') ? address : null
}
