import type { Request, RequestHandler, Response } from 'express'
import type { Transaction } from 'sequelize'
import type { AccessHelp, Obstacle } from '../auth/obstacles.js'
import type { Requirement } from '../auth/requirement.js'
import type { Clock } from '../clock.js'
import type { Database } from '../db/connect.js'
import type { ForeignSender } from '../http/check-origin.js'
import type { Notice } from '../notify/mails.js'
import type { ClientInfo } from '../client-info.js'
import type { Otp } from '../otp/otp.js'
import type { HostAdmin, Requirements } from './host/host-admin.js'
import type { Principal } from './permissions.js'

/** What the panel needs from the rest of the package. */
export interface PanelServices {
  database: Database
  clock: Clock
  otp: Otp
  /** Name of the site, shown in the panel's title. */
  siteName: string
  /** Whether the host application manages the users. Their names and flags can then only be viewed here. */
  hostOwnsUsers?: boolean
  /** Updates these users' rows from the host application. Does nothing if the site manages its own users. */
  refreshHostUsers(ids: readonly number[]): Promise<void>
  /** The AdminJS options of the host application. */
  admin?: HostAdmin
  /** Requirements for calls to the site's own resources, instead of their defaults. */
  requirements?: Requirements
  /** Creates a link for setting up a device, which the pages in src/account handle. */
  createInvitation(
    transaction: Transaction,
    invitation: { userId: number; actorId: number; origin: ClientInfo; rights: Principal },
  ): Promise<{ link: string; expiresAt: Date }>
  /** Revokes users' open invitations, because those were sent while the users had fewer permissions. */
  revokeInvitations(transaction: Transaction, userIds: readonly number[]): Promise<void>
  /** Reads what will still keep a user from signing in after each of these helps. Call it before the help. */
  readObstacles<Help extends AccessHelp>(
    userId: number,
    helps: readonly Help[],
    transaction?: Transaction,
  ): Promise<Partial<Record<Help, Obstacle[]>>>
  /** Queues an email to a user, in the transaction of the change that it is about. */
  notifyUser(transaction: Transaction, userId: number, notice: Notice): Promise<void>
  /** Creates middleware that passes requests which meet the requirement, and responds to others with the next step. */
  requires(requirement: Requirement): RequestHandler
  /** Reads the request's session and user again, because both might have ended since the request arrived. */
  reloadSessionAndUser(request: Request): Promise<void>
  /** Returns the client info of a request, for the audit log. */
  readClientInfo(request: Request): ClientInfo
  /** Returns null if `Sec-Fetch-Site`, `Origin` and `Referer` show that the panel or a client other than a browser sent the request. */
  foreignSender(request: Request): ForeignSender | null
  /** Renders the page that says why a request was rejected. The status must be set before. */
  sendErrorPage(response: Response, code: string, message: string): void
  /** Logs a warning about a mistake in the host application. docs/guides/adminjs.md explains each code. */
  warn(code: string, message: string): void
  /** Logs an unexpected error, whose details are not sent to the client. */
  logError(error: unknown, request: Request): void
}
