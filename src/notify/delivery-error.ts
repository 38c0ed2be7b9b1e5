/**
 * What a mail or SMS gateway throws if it could not deliver. The message contains codes only, never
 * what the other side wrote: that can quote the recipient or the content, and it is logged.
 *
 * @param message for the log, for example `SMTP 421`
 * @param permanent whether another attempt is of no use
 * @param options.mailboxFull whether the recipient's mailbox accepts nothing for now
 * @example throw new DeliveryError('HTTP 503', false, { cause: error })
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  /** The server rejected the recipient or the message; another attempt will probably fail as well. */
  readonly permanent: boolean
  /** The recipient's mailbox accepts no email for now, for example because it is full. */
  readonly mailboxFull: boolean

  constructor(message: string, permanent: boolean, options: ErrorOptions & { mailboxFull?: boolean } = {}) {
    const { mailboxFull = false, ...cause } = options
    super(message, cause)
    this.permanent = permanent
    this.mailboxFull = mailboxFull
  }
}
