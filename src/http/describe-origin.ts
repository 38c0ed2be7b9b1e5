import Bowser from 'bowser'
import type { Request } from 'express'
import type { Origin } from '../origin.js'
import { cleanAddress } from './client-address.js'
import { clientAddress } from './client-info.js'
import { UNKNOWN_BROWSER } from '../origin.js'

/** The sender of a request in words that may stand in a mail and in the audit trail. */
export function describeOrigin(req: Request): Origin {
  return {
    address: cleanAddress(clientAddress(req)),
    browser: describeBrowser(req.get('user-agent')),
    requestId: req.id,
  }
}

/** What browsers called themselves lately, for one request asks several times. */
const described = new Map<string, string>()
const REMEMBERED = 1_000
/** Characters; browsers need half of it. */
const LONGEST_REMEMBERED = 512

/**
 * For example `Firefox 139 on Linux`. A name that is not known is not repeated: it is a
 * requester's text, and would appear in mails and banners of the site.
 *
 * @returns null if the request names no browser, {@link UNKNOWN_BROWSER} if it is not a known one
 */
export function describeBrowser(userAgent: string | undefined): string | null {
  if (!userAgent) return null
  const known = described.get(userAgent)
  if (known !== undefined) return known
  const words = inWords(userAgent)
  if (described.size >= REMEMBERED) described.clear()
  if (userAgent.length <= LONGEST_REMEMBERED) described.set(userAgent, words)
  return words
}

function inWords(userAgent: string): string {
  const { browser, os } = Bowser.parse(userAgent)
  // For an agent that it does not know, the library repeats a part of the text.
  if (!BROWSERS.has(browser.name ?? '')) return UNKNOWN_BROWSER
  const version = /^\d{1,4}(?=\.|$)/.exec(browser.version ?? '')?.[0]
  const name = [browser.name, version].filter(Boolean).join(' ')
  return SYSTEMS.has(os.name ?? '') ? `${name} on ${os.name}` : name
}

const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP))
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP))
