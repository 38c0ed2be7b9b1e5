import type { Request, RequestHandler, Response, Router } from 'express'
import type { RequestUser } from '../auth/request-user.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import type { AccountServices } from './account-services.js'
import type { SetupForm } from './setup-form.js'

/** The steps of a setup in the wizard. */
export interface WizardSteps {
  /** Starts a setup, or continues the one that the session has started. */
  start(account: AccountServices, req: Request, user: RequestUser): Promise<void>
  /** Renders the current step of the session's setup. @returns false if the session has not started one */
  show(account: AccountServices, req: Request, res: Response, next: string | null): Promise<boolean>
  /** Handles the submitted first token. */
  submit(
    account: AccountServices,
    req: Request,
    res: Response,
    submitted: { user: RequestUser; token: string; next: string | null },
  ): Promise<void>
}

/** Generates a set of backup tokens and shows it once. */
export interface BackupSets {
  /** Generates a new set and passes it to the next page. */
  make(account: AccountServices, req: Request, res: Response, userId: number): Promise<void>
  /** Returns the tokens of a newly generated set, to be shown once; null if there are none. */
  take(account: AccountServices, req: Request, res: Response): Promise<string[] | null>
}

/** A link on the account security page: its path and the locale key of its text. */
export interface ProfileLink {
  path: string
  text: string
}

/** A kind's part of the account pages. */
export interface KindPages {
  /** The path of the kind's setup page; null if it is set up in the wizard. If omitted, the wizard does not offer the kind. */
  setupPath?: string | null
  /** For kinds that are set up in the wizard. */
  steps?: WizardSteps
  /** For kinds with their own setup pages whose forms the wizard's path accepts as well. */
  alsoInWizard?: {
    /** Whether a form starts a setup of this kind. */
    starts(form: SetupForm): boolean
    submit(account: AccountServices): RequestHandler
  }
  backups?: BackupSets
  /** The link that adds a device. */
  addLink?: ProfileLink
  /** A link next to each active device. `text` and `label` are locale keys; `label` names the device, for screen readers. */
  deviceLink?: { path(id: number): string; text: string; label: string }
  routes(account: AccountServices): readonly Router[]
}

/** A kind with account pages. */
export interface KindWithPages extends Kind {
  pages: KindPages
}

/** Adds account pages to a kind. */
export const withPages = (kind: Kind, pages: KindPages): KindWithPages => ({ ...kind, pages })

/** Returns the kinds that have account pages. */
export function kindsWithPages(kinds: readonly Kind[]): KindWithPages[] {
  return kinds.filter((kind): kind is KindWithPages => 'pages' in kind)
}

/** Returns how this site generates backup tokens; null if no kind does. */
export function backupSets({ otp }: Pick<AccountServices, 'otp'>): BackupSets | null {
  return kindsWithPages(otp.kinds).find(({ pages }) => pages.backups)?.pages.backups ?? null
}
