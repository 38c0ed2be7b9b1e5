import type { Request } from 'express'
import { hashSeries, readTrustCookie } from '../../auth/trusted-browser/trust-cookie.js'
import { runStatement } from '../../db/run-statement.js'
import type { AccountServices } from '../account-services.js'

/** A browser that is trusted instead of the user's device. */
export interface OwnTrustedBrowser {
  /** Identifies it in a form. */
  id: number
  /** Null if unknown. */
  browser: string | null
  address: string | null
  createdAt: Date
  expiresAt: Date
  /** Null if never. */
  lastUsedAt: Date | null
  /** Whether it is the requesting browser. */
  isThis: boolean
}

/** Lists the user's trusted browsers: first the requesting one, then by last use. */
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
