import type { RequestHandler } from 'express'
import { rejectRequest } from './pages/reject-request.js'
import { hostSetting } from './host-isolation.js'

const PANEL = /^\/admin(?:\/|$)/

/**
 * Rejects paths of the panel in another case, such as `/ADMIN/report`. A host's router that is not
 * case-sensitive treats them as the same path, and would respond without the panel's guard.
 */
export const rejectCapitals: RequestHandler = (req, res, next) => {
  const isOther = !PANEL.test(req.path) && PANEL.test(req.path.toLowerCase())
  if (!isOther || hostSetting(req, 'case sensitive routing') === true) return next()
  rejectRequest(req, res, { status: 404, code: 'not_found' })
}
