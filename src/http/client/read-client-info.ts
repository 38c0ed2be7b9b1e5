import Bowser from 'bowser'
import type { Request } from 'express'
import type { ClientInfo } from '../../client-info.js'
import { normaliseIp } from './client-ip.js'
import { clientIp } from './remember-client.js'
import { UNKNOWN_BROWSER } from '../../client-info.js'

/** Reads who sent a request, in a form that is safe in emails and in the audit log. */
export function readClientInfo(req: Request): ClientInfo {
  return {
    address: normaliseIp(clientIp(req)),
    browser: describeBrowser(req.get('user-agent')),
    requestId: req.id,
  }
}

/** Recent results by `User-Agent`, because one request needs its result several times. */
const described = new Map<string, string>()
const MAX_CACHED = 1_000
/** Characters. Browsers send half as many. */
const MAX_CACHED_LENGTH = 512

/**
 * Names a browser and its system. An unknown name is not repeated, because the requester chose
 * it and it would appear in emails and banners of the site.
 *
 * @returns null if the request names no browser, {@link UNKNOWN_BROWSER} if it is not a known one
 * @example describeBrowser('Mozilla/5.0 …') // 'Firefox 139 on Linux'
 */
export function describeBrowser(userAgent: string | undefined): string | null {
  if (!userAgent) return null
  const known = described.get(userAgent)
  if (known !== undefined) return known
  const text = formatUserAgent(userAgent)
  if (described.size >= MAX_CACHED) described.clear()
  if (userAgent.length <= MAX_CACHED_LENGTH) described.set(userAgent, text)
  return text
}

function formatUserAgent(userAgent: string): string {
  const { browser, os } = Bowser.parse(userAgent)
  // For an agent that it does not know, the library returns a part of the header.
  if (!BROWSERS.has(browser.name ?? '')) return UNKNOWN_BROWSER
  const version = /^\d{1,4}(?=\.|$)/.exec(browser.version ?? '')?.[0]
  const name = [browser.name, version].filter(Boolean).join(' ')
  return SYSTEMS.has(os.name ?? '') ? `${name} on ${os.name}` : name
}

const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP))
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP))
