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

/** Where a mail is composed for: files take 8-bit text as it is, mail servers may not (RFC 6152). */
export interface ComposeOptions {
  eightBit?: boolean
}

/** Headers and limits that every gateway gives a mail. */
export function composeMail(mail: OutgoingMail, from: Sender, { eightBit = false }: ComposeOptions = {}) {
  return {
    ...mail,
    text: textPart(mail.text, eightBit),
    from,
    // Keeps holiday replies from answering (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** RFC 5321 §4.5.3.1.6, without the line break. */
const LONGEST_LINE = 998

/**
 * The text part as it travels, with each link in one piece. Nodemailer would send lines over
 * 76 characters as quoted-printable, which splits links, and some mail programs take the
 * first half for the whole.
 */
function textPart(text: string, eightBit: boolean): { raw: string } {
  const lines = text.split(/\r?\n/)
  const isShort = lines.every((line) => Buffer.byteLength(line) <= LONGEST_LINE)
  if (isShort && isAscii(text)) return part('7bit', lines.join('\r\n'))
  if (isShort && eightBit) return part('8bit', lines.join('\r\n'))
  const encoded = Buffer.from(lines.join('\r\n')).toString('base64')
  return part('base64', encoded.replaceAll(/.{76}/g, '$&\r\n'))
}

function part(encoding: '7bit' | '8bit' | 'base64', body: string): { raw: string } {
  const head = ['Content-Type: text/plain; charset=utf-8', `Content-Transfer-Encoding: ${encoding}`]
  return { raw: [...head, '', body].join('\r\n') }
}

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length
