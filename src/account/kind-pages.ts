import type { Request, RequestHandler, Response, Router } from 'express'
import type { RequestUser } from '../auth/request-user.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import type { AccountServices } from './account-services.js'
import type { SetupForm } from './setup-form.js'

/** How a device is set up in the wizard itself. */
export interface WizardSteps {
  /** Starts a setup, or continues the one that this session has started. */
  start(account: AccountServices, req: Request, user: RequestUser): Promise<void>
  /** Renders the step that this session is at. @returns false if it has started no setup */
  show(account: AccountServices, req: Request, res: Response, next: string | null): Promise<boolean>
  /** Takes the first token. */
  submit(
    account: AccountServices,
    req: Request,
    res: Response,
    given: { user: RequestUser; token: string; next: string | null },
  ): Promise<void>
}

/** How a kind whose tokens are backups makes a new set and shows it once. */
export interface BackupSets {
  /** Makes a new set and passes it to the page that comes next. */
  make(account: AccountServices, req: Request, res: Response, userId: number): Promise<void>
  /** The tokens of a set that was made just now, for showing them once; null: there are none. */
  take(account: AccountServices, req: Request, res: Response): Promise<string[] | null>
}

/** A link on the profile: its URL and the keys of its texts. */
export interface ProfileLink {
  path: string
  text: string
}

/** A kind's part of a person's own pages. */
export interface KindPages {
  /** The URL at which a device is set up; null: in the wizard itself. Left out: the wizard does not offer the kind. */
  setupPath?: string | null
  /** For kinds that are set up in the wizard itself. */
  steps?: WizardSteps
  /** For kinds with setup pages of their own whose forms are accepted at the wizard's URL as well. */
  alsoInWizard?: {
    /** Whether a form starts a setup of this kind. */
    starts(form: SetupForm): boolean
    submit(account: AccountServices): RequestHandler
  }
  backups?: BackupSets
  /** The link that adds a device. */
  addLink?: ProfileLink
  /** A link at each active device. `label` is what it is called for who cannot see to which device it belongs. */
  deviceLink?: { path(id: number): string; text: string; label: string }
  routes(account: AccountServices): readonly Router[]
}

/** A kind that brings pages. */
export interface KindWithPages extends Kind {
  pages: KindPages
}

/** Gives a kind its pages. */
export const withPages = (kind: Kind, pages: KindPages): KindWithPages => ({ ...kind, pages })

/** Those of some kinds that bring pages of their own. */
export function kindsWithPages(kinds: readonly Kind[]): KindWithPages[] {
  return kinds.filter((kind): kind is KindWithPages => 'pages' in kind)
}

/** How this site makes backups; null: no kind does. */
export function backupSets({ otp }: Pick<AccountServices, 'otp'>): BackupSets | null {
  return kindsWithPages(otp.kinds).find(({ pages }) => pages.backups)?.pages.backups ?? null
}
