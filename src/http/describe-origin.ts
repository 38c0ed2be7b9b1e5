import Bowser from 'bowser'
import type { Request } from 'express'
import type { Origin } from '../origin.js'
import { cleanAddress } from './client-address.js'
import { clientAddress } from './client-info.js'

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
 * For example `Firefox 139 on Linux`. A name that is not known is given as it is, cut
 * and without control characters: it is a stranger's text.
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
  const known = [browser.name, browser.version?.split('.')[0]].filter(Boolean).join(' ')
  const words = known && os.name ? `${known} on ${os.name}` : known || userAgent
  return words.replace(/[^\u0020-\u007e]/g, '').slice(0, 128)
}
