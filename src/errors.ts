/**
 * A fault or a refusal to start that has a name. A refusal inside a request is a
 * value, never one of these (docs/errors.md lists the codes).
 */
export class SiteError extends Error {
  override readonly name = 'SiteError'
  /** Stable and searchable, for example `database_newer`. */
  readonly code: string
  /** What the reader can do about it. */
  readonly remedy: string

  constructor(code: string, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.remedy = remedy
  }
}
