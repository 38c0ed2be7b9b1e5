import type { Request } from 'express'
import { hashSeries } from '../../auth/trusted-browser/hash-trust-token.js'
import { readTrustCookie } from '../../auth/trusted-browser/trust-cookie.js'
import { runStatement } from '../../db/run-statement.js'
import type { AccountServices } from '../account-services.js'

/** One browser that answers for somebody's device. */
export interface OwnTrustedBrowser {
  /** Names it in a form. */
  id: number
  /** Null: not known. */
  browser: string | null
  address: string | null
  createdAt: Date
  expiresAt: Date
  /** Null: never. */
  lastUsedAt: Date | null
  /** Whether it is the one that asks. */
  isThis: boolean
}

/** The trusted browsers of a user, the one that asks first, then the last used. */
export async function listTrustedBrowsers(
  { database, clock, keys, https }: AccountServices,
  req: Request,
  userId: number,
): Promise<OwnTrustedBrowser[]> {
  const own = readTrustCookie(req, https).flatMap(({ series }) => hashSeries(keys, series))
  return runStatement<OwnTrustedBrowser>(database, undefined, BROWSERS, { userId, own, now: clock.now() })
}

const BROWSERS = `
select id, browser, address, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt",
  series_hash = any($own::text[]) as "isThis"
from trusted_browsers where user_id = $userId and expires_at > $now
order by "isThis" desc, coalesce(last_used_at, created_at) desc, id desc`
