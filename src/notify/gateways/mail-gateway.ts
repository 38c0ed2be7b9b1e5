/** One mail, ready to go out. */
export interface OutgoingMail {
  /** `<uuid@host>`; the same at every try, so that mail programs see one message. */
  messageId: string
  /** When it was written; the same at every try. */
  date: Date
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
}

/** Where mails leave the house. */
export interface MailGateway {
  /**
   * Hands one mail over.
   *
   * @throws DeliveryError where that did not work
   */
  send(mail: OutgoingMail, signal?: AbortSignal): Promise<void>
  /** Breaks off what is under way and closes connections. */
  close(): void
}

/** Who writes: `MAIL_FROM`, or a name and an address. */
export type Sender = string | { name: string; address: string }

/** Headers and limits that every gateway gives a mail. */
export function composeMail(mail: OutgoingMail, from: Sender) {
  return {
    ...mail,
    from,
    // Keeps holiday replies from answering (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
