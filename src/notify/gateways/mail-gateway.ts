/** One email, ready to be sent. */
export interface OutgoingMail {
  /** `<uuid@host>`; the same at every attempt, so that mail programs see one message. */
  messageId: string
  /** When it was created; the same at every attempt. */
  date: Date
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
}

/** Sends emails. */
export interface MailGateway {
  /**
   * Sends one email.
   *
   * @throws DeliveryError if it was not accepted for delivery
   */
  send(mail: OutgoingMail, signal?: AbortSignal): Promise<void>
  /** Aborts running deliveries and closes connections. */
  close(): void
}

/** Sender: `MAIL_FROM`, or a name and an email address. */
export type Sender = string | { name: string; address: string }

/** Whether 8-bit text can be used: files accept it, mail servers do not have to (RFC 6152). */
export interface ComposeOptions {
  eightBit?: boolean
}

/** Adds the headers and limits that all emails have. */
export function composeMail(mail: OutgoingMail, from: Sender, { eightBit = false }: ComposeOptions = {}) {
  return {
    ...mail,
    text: textPart(mail.text, eightBit),
    from,
    // Prevents automatic replies (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** Octets of a line without the line break (RFC 5321 §4.5.3.1.6). */
const LONGEST_LINE = 998

/**
 * Encodes the text part without splitting links. Nodemailer would send lines over 76 characters
 * as quoted-printable, which splits them, and some mail programs then open only the first half.
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
