/**
 * A delivery did not happen. The message holds codes only, never what the other side
 * wrote: that can quote the recipient or the content, and it goes into the log.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  /** The recipient or the message was refused; trying again is hardly of use. */
  readonly permanent: boolean
  /** The recipient's mailbox takes nothing for now, for example because it is full. */
  readonly mailboxFull: boolean

  constructor(message: string, permanent: boolean, options: ErrorOptions & { mailboxFull?: boolean } = {}) {
    const { mailboxFull = false, ...cause } = options
    super(message, cause)
    this.permanent = permanent
    this.mailboxFull = mailboxFull
  }
}
