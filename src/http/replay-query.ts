import { parse } from 'node:querystring'
import type { Request } from 'express'
import { hostSetting } from './stand-beside.js'

/**
 * Reads the query of the address that a request has been given. Express 5 reads it from the address each
 * time; Express 4, or middleware that makes `req.query` writable, has written it onto the request on arrival.
 */
export function replayQuery(req: Request): void {
  if (!Object.hasOwn(req, 'query')) return
  const hosts = hostSetting(req, 'query parser fn')
  const [, query = ''] = /\?(.*)$/s.exec(req.url) ?? []
  const value: unknown = typeof hosts === 'function' ? hosts(query) : parse(query)
  Object.defineProperty(req, 'query', { value, writable: true, configurable: true, enumerable: true })
}
