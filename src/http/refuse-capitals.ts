import type { RequestHandler } from 'express'
import { refuse } from './refuse.js'
import { hostSetting } from './stand-beside.js'

const PANEL = /^\/admin(?:\/|$)/

/**
 * Rejects paths of the panel in another case, such as `/ADMIN/report`. A host's router that is not
 * case-sensitive treats them as the same path, and would respond without the panel's guard.
 */
export const refuseCapitals: RequestHandler = (req, res, next) => {
  const isOther = !PANEL.test(req.path) && PANEL.test(req.path.toLowerCase())
  if (!isOther || hostSetting(req, 'case sensitive routing') === true) return next()
  refuse(req, res, { status: 404, code: 'not_found' })
}
