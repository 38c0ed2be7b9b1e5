import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { otpRequired } from '../../auth/guards/otp-required.js'
import { runStatement } from '../../db/run-statement.js'
import { parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendPage } from '../../http/pages/send-page.js'
import { type Language, languageNames, languages } from '../../i18n/translator.js'
import type { AccountServices } from '../account-services.js'

/** Empty: the language that the browser requests. */
const languageForm = z.object({ language: z.enum(['', ...languages]) })

/** `/account/language`: the language of pages, emails and calls for this user. */
export function languageRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guard = otpRequired(account, { ifConfigured: true })
  router.get('/account/language', guard, showChoice(account))
  router.post('/account/language', guard, ...parseForms(), postChoice(account))
  return router
}

function showChoice(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const [row] = await runStatement<{ locale: string | null }>(account.database, undefined, CHOSEN, {
      id: req.user.id,
    })
    sendPage(res, 'account/language', { chosen: row?.locale ?? '', languageNames })
  }
}

function postChoice(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const form = readForm(req, languageForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    await setLanguage(account, req.user.id, form.language || null)
    res.redirect(303, '/account/two-factor')
  }
}

/** @param language null: the language that the browser requests */
async function setLanguage({ database }: AccountServices, userId: number, language: Language | null): Promise<void> {
  await runStatement(database, undefined, 'update users set locale = $language where id = $userId', {
    userId,
    language,
  })
}

const CHOSEN = 'select locale from users where id = $id'
