import type { Request } from 'express'
import { findKnownBrowser, type KnownBy } from '../../auth/known-browser.js'
import { runStatement } from '../../db/run-statement.js'
import { networkSender } from '../../http/client/ip-rate-limit.js'
import { type CountedRequest, takeRequest } from '../../notify/take-request.js'
import { isBlank } from '../../typed-text/clean-text.js'
import { emailCandidates } from '../../typed-text/read-email.js'
import type { AccountServices } from '../account-services.js'
import { ownerSql } from './reset-owner.js'

const PURPOSES = { password: 'password-known', second_factor: 'password-verified' } as const satisfies Record<
  KnownBy,
  CountedRequest['purpose']
>

/**
 * Counts one request for a password reset link. In a browser in which the account's owner has
 * signed in before, it only counts for the owner, so that nobody else can exhaust their limit.
 * Every other request counts by network and by the submitted email address, whether or not an
 * account has it.
 *
 * @returns the seconds to wait, or null if the request is allowed
 */
export async function takeReset(account: AccountServices, req: Request, typed: string): Promise<number | null> {
  const knownRequest = isBlank(typed) ? null : await findKnownRequest(account, req, typed)
  if (knownRequest) return countRequest(account, knownRequest)
  const wait = await account.forgotLimit.take(networkSender(req))
  // The form was submitted empty, so there is no account to count for.
  if (wait !== null || isBlank(typed)) return wait
  return countRequest(account, { purpose: 'password', subject: emailCandidates(typed)[0] ?? '' })
}

/** A browser known by password has a separate limit, so that it cannot exhaust that of one known by second factor. */
async function findKnownRequest(account: AccountServices, req: Request, typed: string): Promise<CountedRequest | null> {
  const known = await findKnownBrowser(account, req, async () => {
    const emails = emailCandidates(typed)
    const [owner] = await runStatement<{ id: number }>(account.database, undefined, ownerSql('id'), { emails })
    return owner?.id ?? 0
  })
  return known && { purpose: PURPOSES[known.by], subject: `user:${known.userId}` }
}

function countRequest(account: AccountServices, counted: CountedRequest): Promise<number | null> {
  return account.database.sequelize.transaction((transaction) =>
    takeRequest(account, transaction, account.clock.now(), [counted]),
  )
}
