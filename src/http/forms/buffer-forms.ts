import { type RequestHandler, Router } from 'express'
import type { AllowedMethods } from '../paths/route-table.js'
import { isAcceptedForm, parseForms } from './read-form.js'

/**
 * Reads the forms of the site's pages before their session and user are loaded. Otherwise a
 * client that sends its body slowly could act with a session that was ended in the meantime.
 * Other bodies are left to the pages, which reject them.
 *
 * @param methodsAt the methods of the site's pages; the panel reads its own bodies
 */
export function bufferForms(methodsAt: AllowedMethods): RequestHandler {
  const read = Router().use(...parseForms())
  return (req, res, next) => {
    if (req.method === 'POST' && methodsAt(req.path).size > 0 && isAcceptedForm(req)) read(req, res, next)
    else next()
  }
}
