import { type RequestHandler, Router } from 'express'
import type { MethodsAt } from './known-addresses.js'
import { isForm, parseForms } from './read-form.js'

/**
 * Reads the forms of our own pages before anybody asks who has sent them. A body that is
 * held back would otherwise keep alive, for as long as it takes, what was known of its
 * sender when it began: a session that has been ended meanwhile. What is no form of ours is
 * left to the pages, which refuse it.
 *
 * @param methodsAt of our pages; the panel reads its bodies itself
 */
export function readFormsFirst(methodsAt: MethodsAt): RequestHandler {
  const read = Router().use(...parseForms())
  return (req, res, next) => {
    if (req.method === 'POST' && methodsAt(req.path).size > 0 && isForm(req)) read(req, res, next)
    else next()
  }
}
