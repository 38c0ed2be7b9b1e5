import { createTransport } from 'nodemailer'
import { DeliveryError } from '../delivery-error.js'
import { composeMail, type MailGateway, type Sender } from './mail-gateway.js'

/** Milliseconds that a server gets for one step, and for one email as a whole. */
const STEP = 10_000
const WHOLE = 30_000

/**
 * Creates a gateway that sends by SMTP over a few connections, which remain open.
 *
 * @param url Nodemailer connection URL (`SMTP_URL`)
 */
export function createSmtpGateway(url: string, from: Sender): MailGateway {
  const transport = createTransport({
    pool: true,
    url,
    maxConnections: 2,
    maxRequeues: 1,
    connectionTimeout: STEP,
    greetingTimeout: STEP,
    socketTimeout: STEP,
    dnsTimeout: STEP,
  })
  return {
    async send(mail, signal) {
      const limit = AbortSignal.timeout(WHOLE)
      const either = signal ? AbortSignal.any([signal, limit]) : limit
      try {
        await transport.sendMail({ ...composeMail(mail, from), signal: either })
      } catch (error) {
        throw deliveryError(error)
      }
    },
    close: () => transport.close({ force: true }),
  }
}

interface SmtpError extends Error {
  code?: unknown
  command?: unknown
  responseCode?: unknown
  response?: unknown
  permanent?: unknown
}

/** Only replies to RCPT and DATA concern this email; an earlier 5yz reply is a problem of the server or the configuration. */
function deliveryError(error: unknown): DeliveryError {
  if (!(error instanceof Error)) return new DeliveryError('mail server: unknown error', false)
  const { code, command, response, permanent }: SmtpError = error
  const aboutThisMail = command === 'RCPT TO' || command === 'DATA'
  const parts = [code, command, replyCodes(response)].filter((part) => typeof part === 'string' && part !== '')
  return new DeliveryError(`mail server: ${parts.join(' ') || error.name}`, aboutThisMail && permanent === true, {
    mailboxFull: aboutThisMail && isFull(replyCodes(response)),
  })
}

/** Whether the mailbox is full or disabled: 450, 452 and 552 (RFC 5321 §4.2.3), or X.2.1 and X.2.2 (RFC 3463 §3.3). */
function isFull(codes: string | undefined): boolean {
  return codes !== undefined && (/^(?:450|452|552)/.test(codes) || /[45]\.2\.[12]$/.test(codes))
}

/** Returns the codes of a reply, such as `550 5.1.1` (RFC 5321 §4.2, RFC 3463), without its text, which can quote the recipient. */
function replyCodes(response: unknown): string | undefined {
  return typeof response === 'string' ? /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] : undefined
}
