import type { RequestHandler } from 'express'
import { guardsOf } from '../requirements.js'
import type { PanelServices } from '../services.js'

/** Answers a call whose session has not shown enough with the next step; the page asks for a token and calls again. */
export function checkRequirement(services: PanelServices): RequestHandler {
  const guardOf = guardsOf(services)
  return (req, res, next) => {
    const guard = guardOf(String(req.params['resourceId']), String(req.params['action']))
    return guard ? guard(req, res, next) : next()
  }
}
