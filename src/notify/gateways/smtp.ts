import { createTransport } from 'nodemailer'
import { DeliveryError } from '../delivery-error.js'
import { composeMail, type MailGateway, type Sender } from './mail-gateway.js'

/** Milliseconds a server may take for one step, and for one mail as a whole. */
const STEP = 10_000
const WHOLE = 30_000

/**
 * Delivers by SMTP over a few connections that are kept open.
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

/** Only RCPT and DATA speak of this mail; a 5yz reply to anything before is the server's or the configuration's. */
function deliveryError(error: unknown): DeliveryError {
  if (!(error instanceof Error)) return new DeliveryError('mail server: unknown error', false)
  const { code, command, response, permanent }: SmtpError = error
  const aboutThisMail = command === 'RCPT TO' || command === 'DATA'
  const parts = [code, command, replyCodes(response)].filter((part) => typeof part === 'string' && part !== '')
  return new DeliveryError(`mail server: ${parts.join(' ') || error.name}`, aboutThisMail && permanent === true, {
    mailboxFull: aboutThisMail && isFull(replyCodes(response)),
  })
}

/** 450 and 452 are temporary, and 552 is not (RFC 5321 §4.2.3); of a mailbox itself speaks X.2.1 or X.2.2 (RFC 3463 §3.3). */
function isFull(codes: string | undefined): boolean {
  return codes !== undefined && (/^(?:450|452|552)/.test(codes) || /[45]\.2\.[12]$/.test(codes))
}

/** `550 5.1.1` of a reply (RFC 5321 §4.2, RFC 3463); its text may quote the recipient. */
function replyCodes(response: unknown): string | undefined {
  return typeof response === 'string' ? /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] : undefined
}
