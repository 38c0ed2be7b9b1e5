/** Why the panel says no, with the status of each code (CONTRACT.md §3). */
const statuses = {
  bad_request: 400,
  not_authenticated: 401,
  cross_origin: 403,
  not_verified: 403,
  not_staff: 403,
  not_allowed: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
} as const

export type RefusalCode = keyof typeof statuses

/** What is wrong with single fields of a form: a key of `panel:refusals` by property. */
export type FieldReasons = Readonly<Record<string, string>>

interface RefusalDetails {
  /** A key of `panel:refusals` that says more than the code does. */
  reason?: string
  /** A key of `errors:` in place of the code's own. */
  text?: string
  /** What stands in the words of the reason. */
  values?: Readonly<Record<string, string>>
  fields?: FieldReasons
  /** What the application says instead of us, and of single fields. */
  words?: string
  fieldWords?: Readonly<Record<string, string>>
  /** For a 405. */
  allow?: string
  /** Seconds, where waiting helps. */
  retryAfter?: number
}

/**
 * A refusal on its way through AdminJS, which carries nothing but exceptions. Made from
 * an outcome value after its transaction ended, or before one began.
 */
export class PanelRefusal extends Error {
  override readonly name = 'PanelRefusal'
  readonly code: RefusalCode
  readonly status: number
  readonly details: RefusalDetails

  constructor(code: RefusalCode, details: RefusalDetails = {}) {
    super(details.reason ?? code)
    this.code = code
    this.status = statuses[code]
    this.details = details
  }
}
