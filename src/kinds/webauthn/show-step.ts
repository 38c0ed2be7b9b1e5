import type { Request, Response } from 'express'
import { safeNext } from '../../http/paths/safe-next.js'
import { sendWebauthnPage } from '../../http/pages/send-page.js'
import type { AccountServices } from '../../account/account-services.js'

/** Renders the form for a new key's name; its button calls the key. @param code why the last key was rejected */
export function showAddKeyForm(account: AccountServices, req: Request, res: Response, code: string | null): void {
  const submitted: Record<string, unknown> = req.body ?? {}
  if (code) res.status(422)
  sendWebauthnPage(res, 'account/security-keys/add', {
    relyingParty: account.otp.settings.relyingParty,
    next: safeNext(req.method === 'GET' ? req.query['next'] : submitted['next']) ?? '',
    name: typeof submitted['name'] === 'string' ? submitted['name'] : req.t('keys:add.first_name'),
    alert: code && { code, text: req.t(`errors:${code}`) },
  })
}
