import type { ErrorRequestHandler, IRouter, RequestHandler } from 'express'
import { knowsAddress } from './refuse-unknown.js'

/** Keeps rules of ours to our own addresses, where an application has others beside them. */
export interface OwnAddresses {
  /** Whether an address is exactly one of ours, whatever stands beside them. */
  knows(path: string): boolean
  rule(handler: RequestHandler): RequestHandler
  fault(handler: ErrorRequestHandler): ErrorRequestHandler
}

/** @param beside whether there are others at all; alone, every address is ours */
export function ownAddresses(pages: readonly IRouter[], beside: boolean): OwnAddresses {
  const knows = (path: string) => knowsAddress(pages, path)
  if (!beside) return { knows, rule: (handler) => handler, fault: (handler) => handler }
  return {
    knows,
    rule: (handler) => (req, res, next) => (knows(req.path) ? handler(req, res, next) : next()),
    fault: (handler) => (fault, req, res, next) => (knows(req.path) ? handler(fault, req, res, next) : next(fault)),
  }
}
