import type { RequestHandler } from 'express'
import { keepLast, policyOf } from '../../auth/policy.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { refuse } from '../../http/refuse.js'
import { redirectDone } from '../../http/step-done.js'
import { removeDevice } from '../../otp/remove-device.js'
import type { Account } from '../account.js'

/** Removes one of the person's own phones, by the rules for devices of every kind; another's is not found (F-43). */
export function deletePhone(account: Account): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const removed = await removeDevice(account.otp, {
      userId: req.user.id,
      deviceId: `phone/${String(req.params['id'])}`,
      keepLast: keepLast(policyOf(account.config, req.user)),
      origin: describeOrigin(req),
    })
    if (removed.ok) return redirectDone(res, '/account/two-factor')
    refuse(req, res, { status: removed.reason === 'policy' ? 422 : 404, code: removed.reason })
  }
}
