import type { Request, Response } from 'express'
import type { Clock } from '../clock.js'
import type { Database } from '../db/connect.js'
import type { Origin } from '../origin.js'

/** What the panel needs from the house. */
export interface PanelServices {
  database: Database
  clock: Clock
  /** Name of the site, in the panel's corner. */
  siteName: string
  /** Where a request came from, for the audit trail. */
  originOf(request: Request): Origin
  /** Whether `Sec-Fetch-Site` and `Origin` say that the panel itself sent the request, or no browser. */
  isSameOrigin(request: Request): boolean
  /** Shows a person why there is no page for him. The status is set already. */
  showRefusal(response: Response, code: string, message: string): void
  /** Where faults go that nobody outside may see. */
  logFault(fault: unknown, request: Request): void
}
