import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { MethodsAt } from './known-addresses.js'

/** Keeps rules of ours to our own addresses, where an application has others beside them. */
export interface OwnAddresses {
  /** Whether an address is exactly one of ours, whatever stands beside them. */
  knows(path: string): boolean
  rule(handler: RequestHandler): RequestHandler
  fault(handler: ErrorRequestHandler): ErrorRequestHandler
}

/**
 * @param methodsAt of our pages; the panel's addresses are ours, too
 * @param beside whether there are others at all; alone, every address is ours
 */
export function ownAddresses(methodsAt: MethodsAt, beside: boolean): OwnAddresses {
  const knows = (path: string) => /^\/admin(\/|$)/.test(path) || methodsAt(path).size > 0
  if (!beside) return { knows, rule: (handler) => handler, fault: (handler) => handler }
  return {
    knows,
    rule: (handler) => (req, res, next) => (knows(req.path) ? handler(req, res, next) : next()),
    fault: (handler) => (fault, req, res, next) => (knows(req.path) ? handler(fault, req, res, next) : next(fault)),
  }
}
