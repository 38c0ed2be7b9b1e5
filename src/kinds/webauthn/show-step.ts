import type { Request, Response } from 'express'
import { safeNext } from '../../http/safe-next.js'
import { sendWebauthnPage } from '../../http/send-page.js'
import type { AccountServices } from '../../account/account-services.js'

/** Asks for the name of a new key; its button asks for the key. `code` is why the last one was refused. */
export function showAddKeyForm(account: AccountServices, req: Request, res: Response, code: string | null): void {
  const typed: Record<string, unknown> = req.body ?? {}
  if (code) res.status(422)
  sendWebauthnPage(res, 'account/security-keys/add', {
    relyingParty: account.otp.settings.relyingParty,
    next: safeNext(req.method === 'GET' ? req.query['next'] : typed['next']) ?? '',
    name: typeof typed['name'] === 'string' ? typed['name'] : req.t('keys:add.first_name'),
    alert: code && { code, text: req.t(`errors:${code}`) },
  })
}
