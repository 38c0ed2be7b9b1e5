import { type Request, type RequestHandler, type Response, Router } from 'express'
import { keepKeyChallenge } from '../../auth/browser-challenge.js'
import { findUserToVerify } from '../../auth/login/find-user-to-verify.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { runStatement } from '../../db/run-statement.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { createChallenge } from '../../otp/challenges/browser-challenges.js'
import { challengePath } from '../../otp/kind-registry/browser-kind.js'
import { type CustomKind, filterCustomKinds } from '../../otp/kind-registry/custom-kind.js'
import { parsePersistentId, persistentId } from '../../otp/devices/persistent-id.js'
import type { AccountServices } from '../account-services.js'
import type { ConfirmParams } from './confirm-kind-device.js'
import { confirmDevicePath } from './kind-paths.js'

/** Creates the routes that send challenges to the scripts of custom kinds. */
export function browserChallengeRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  for (const kind of filterCustomKinds(account.otp.kinds).filter(({ browser }) => browser)) {
    router.post(challengePath(kind.name), postVerifyChallenge(account, kind))
    const confirmPath = `${confirmDevicePath(kind.name, ':id')}/challenge`
    router.post(confirmPath, requireFreshToken(account), postConfirmChallenge(account, kind))
  }
  return router
}

/** Responds with a challenge for the token step or a step-up, and the user's devices of this kind. */
function postVerifyChallenge(account: AccountServices, kind: CustomKind): RequestHandler {
  return async (req, res) => {
    const userId = await findUserToVerify(account, req)
    const devices = userId === null ? [] : await readDevices(account, kind, CONFIRMED, { userId })
    if (userId === null || devices.length === 0)
      return rejectRequest(req, res, { status: 401, code: 'not_authenticated' })
    await sendChallenge(account, req, res, kind, { purpose: 'verify', userId, devices })
  }
}

/** Responds with a challenge for the first token of a device that the user is setting up. */
function postConfirmChallenge(account: AccountServices, kind: CustomKind): RequestHandler<ConfirmParams> {
  return async (req, res) => {
    const id = parsePersistentId(`${kind.name}/${req.params.id}`)?.id
    const devices =
      req.user && id !== undefined ? await readDevices(account, kind, UNCONFIRMED, { userId: req.user.id, id }) : []
    if (!req.user || devices.length === 0) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    await sendChallenge(account, req, res, kind, { purpose: 'add', userId: req.user.id, devices })
  }
}

/** A device as the script gets it: its persistent ID and the columns of `browser.columns`. */
type BrowserDevice = Readonly<Record<string, unknown>> & { id: string }

async function sendChallenge(
  { otp }: AccountServices,
  req: Request<ConfirmParams> | Request,
  res: Response,
  { name }: CustomKind,
  { purpose, userId, devices }: { purpose: 'verify' | 'add'; userId: number; devices: BrowserDevice[] },
): Promise<void> {
  const replaces = req.session.keyChallenge?.id ?? null
  const { id, challenge } = await createChallenge(otp, purpose, { userId, replaces, kind: name })
  keepKeyChallenge(req, purpose, id)
  res.set('Cache-Control', 'no-store').json({ challenge, devices })
}

const CONFIRMED = 'd.confirmed'
const UNCONFIRMED = 'd.id = $id and not d.confirmed and d.confirmed_at is null'

/** Names of columns come from the kind, never from input. */
async function readDevices(
  { otp }: AccountServices,
  { name, table, browser }: CustomKind,
  condition: string,
  values: Readonly<Record<string, number>>,
): Promise<BrowserDevice[]> {
  const columns = ['id', ...(browser?.columns ?? [])].map((column) => `d.${column}`).join(', ')
  const sql = `select ${columns} from ${table} d where d.user_id = $userId and ${condition} order by d.id`
  const rows = await runStatement<{ id: number }>(otp.database, undefined, sql, values)
  return rows.map((row) => ({ ...row, id: persistentId(name, row.id) }))
}
