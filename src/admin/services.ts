import type { Request, RequestHandler, Response } from 'express'
import type { Transaction } from 'sequelize'
import type { AccessHelp, Obstacle } from '../auth/obstacles.js'
import type { Requirement } from '../auth/requirement.js'
import type { Clock } from '../clock.js'
import type { Database } from '../db/connect.js'
import type { ForeignSender } from '../http/check-origin.js'
import type { Notice } from '../notify/mails.js'
import type { Origin } from '../origin.js'
import type { Otp } from '../otp/otp.js'
import type { HostAdmin, Requirements } from './host/host-admin.js'
import type { Standing } from './permissions.js'

/** What the panel needs from the house. */
export interface PanelServices {
  database: Database
  clock: Clock
  otp: Otp
  /** Name of the site, in the panel's corner. */
  siteName: string
  /** People are in the application's own table: their names and flags are shown here, and changed there. */
  peopleElsewhere?: boolean
  /** Brings these people's rows up to what the application says now; where they are our own, there is nothing to do. */
  refreshPeople(ids: readonly number[]): Promise<void>
  /** The AdminJS of the application that the site is mounted in. */
  admin?: HostAdmin
  /** What calls of our own resources ask beyond verified staff, where it is not what they ask by themselves. */
  requirements?: Requirements
  /** Makes the link by which somebody may set up a device, which pages of src/account take up. */
  invite(
    transaction: Transaction,
    invitation: { userId: number; actorId: number; origin: Origin; rights: Standing },
  ): Promise<{ link: string; expiresAt: Date }>
  /** Ends people's open invitations: one that was made while they could do less is no way to what they may do now. */
  voidInvitations(transaction: Transaction, userIds: readonly number[]): Promise<void>
  /** Reads what will still keep a person from signing in after each of these ways to help. Call it before the help. */
  readObstacles<Help extends AccessHelp>(
    userId: number,
    helps: readonly Help[],
    transaction?: Transaction,
  ): Promise<Partial<Record<Help, Obstacle[]>>>
  /** Tells somebody by mail what was done, inside the transaction of it. */
  tellUser(transaction: Transaction, userId: number, notice: Notice): Promise<void>
  /** Lets those pass who have shown what is asked for, and answers the others with the next step. */
  requires(requirement: Requirement): RequestHandler
  /** Reads session and user of a request afresh: both may have ended since it began. */
  readAgain(request: Request): Promise<void>
  /** Where a request came from, for the audit trail. */
  originOf(request: Request): Origin
  /** Returns null if the panel itself sent the request, or no browser, as far as `Sec-Fetch-Site`, `Origin` and `Referer` say. */
  foreignSender(request: Request): ForeignSender | null
  /** Shows a person why there is no page for him. The status is set already. */
  showRefusal(response: Response, code: string, message: string): void
  /** Tells whoever runs the site of a mistake in the application. The code is for looking it up in docs/guides/adminjs.md. */
  warn(code: string, message: string): void
  /** Where faults go that nobody outside may see. */
  logFault(fault: unknown, request: Request): void
}
