import { parse } from 'cookie'
import type { Request } from 'express'

/** Reads a cookie of a request. Null if there is none. Of several with one name, the first is read. */
export function readCookie({ headers }: Pick<Request, 'headers'>, name: string): string | null {
  return parse(headers.cookie ?? '')[name] ?? null
}
