/** Codes of the panel's rejections, each with its HTTP status. */
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

export type PanelErrorCode = keyof typeof statuses

/** What is wrong with each field of a form, as keys of `panel:refusals`. */
export type FieldErrors = Readonly<Record<string, string>>

interface RefusalDetails {
  /** A key of `panel:refusals` that is more specific than the code. */
  reason?: string
  /** A key of `errors:` instead of the code's own. */
  text?: string
  /** Values for the placeholders in the text of the reason. */
  values?: Readonly<Record<string, string>>
  fields?: FieldErrors
  /** The host's own text instead of the site's, and its texts for single fields. */
  words?: string
  fieldWords?: Readonly<Record<string, string>>
  /** The `Allow` header of a 405. */
  allow?: string
  /** Seconds until another attempt can succeed. */
  retryAfter?: number
}

/**
 * A rejection that passes through AdminJS, which only forwards exceptions. It is thrown after a
 * transaction has ended or before one begins, never inside one.
 */
export class PanelError extends Error {
  override readonly name = 'PanelRefusal'
  readonly code: PanelErrorCode
  readonly status: number
  readonly details: RefusalDetails

  constructor(code: PanelErrorCode, details: RefusalDetails = {}) {
    super(details.reason ?? code)
    this.code = code
    this.status = statuses[code]
    this.details = details
  }
}
