import type { ErrorRequestHandler, IRouter, RequestHandler } from 'express'
import { knowsAddress } from './refuse-unknown.js'

/** Keeps rules of ours to our own addresses, where an application has others beside them. */
export interface OwnAddresses {
  rule(handler: RequestHandler): RequestHandler
  fault(handler: ErrorRequestHandler): ErrorRequestHandler
}

/** @param beside whether there are others at all; alone, every address is ours */
export function ownAddresses(pages: readonly IRouter[], beside: boolean): OwnAddresses {
  if (!beside) return { rule: (handler) => handler, fault: (handler) => handler }
  return {
    rule: (handler) => (req, res, next) => (knowsAddress(pages, req.path) ? handler(req, res, next) : next()),
    fault: (handler) => (fault, req, res, next) =>
      knowsAddress(pages, req.path) ? handler(fault, req, res, next) : next(fault),
  }
}
