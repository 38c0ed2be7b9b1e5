/**
 * A delivery did not happen. The message holds codes only, never what the other side
 * wrote: that can quote the recipient or the content, and it goes into the log.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  /** The recipient or the message was refused; trying again is hardly of use. */
  readonly permanent: boolean

  constructor(message: string, permanent: boolean, options?: ErrorOptions) {
    super(message, options)
    this.permanent = permanent
  }
}
