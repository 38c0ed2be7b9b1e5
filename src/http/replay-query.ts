import { parse } from 'node:querystring'
import type { Request } from 'express'
import { hostSetting } from './host-isolation.js'

/**
 * Parses the query again after a request's URL was replaced. Express 5 reads it from the URL each time;
 * Express 4, and middleware that makes `req.query` writable, stored it on the request on arrival.
 */
export function replayQuery(req: Request): void {
  if (!Object.hasOwn(req, 'query')) return
  const hostParser = hostSetting(req, 'query parser fn')
  const [, query = ''] = /\?(.*)$/s.exec(req.url) ?? []
  const value: unknown = typeof hostParser === 'function' ? hostParser(query) : parse(query)
  Object.defineProperty(req, 'query', { value, writable: true, configurable: true, enumerable: true })
}
