/**
 * An error with a code: a wrong configuration, a start that is not possible, or a mistake in a
 * host's code. docs/errors.md lists the codes. A rejected token or form is never one of these: it
 * is returned as a value.
 *
 * @example
 * try {
 *   await createOtpAdminSite(options)
 * } catch (error) {
 *   if (error instanceof SiteError) console.error(error.code, error.message, error.remedy)
 * }
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
