import { EventEmitter } from 'node:events'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** What the server does with the next emails. */
export type SmtpBehaviour =
  /** Accepts it. */
  | 'accept'
  /** Answers the recipient with 451, a temporary error. */
  | 'defer'
  /** Answers the recipient with 550, and quotes it as servers do. */
  | 'refuse'
  /** Reads the whole email and closes the connection instead of answering. */
  | 'drop'
  /** Answers the sender with 550, as a server does that does not relay for the site. */
  | 'refuse-sender'
  /** Reads the whole email and does not answer until `release`. */
  | 'hang'
  /** Answers the recipient, or the whole email, with this reply. */
  | { to: 'RCPT' | 'DATA'; code: number; text: string }

export interface SmtpServer {
  url: string
  port: number
  behaviour: SmtpBehaviour
  /** Every email that was read completely, accepted or not. */
  readonly seen: readonly ParsedMail[]
  /** Waits for the next email that was read completely, or with `accepted`, for the next accepted one. */
  next(event: 'seen' | 'accepted'): Promise<ParsedMail>
  /** Waits for the next accepted email to this recipient. */
  arrival(recipient: string): Promise<ParsedMail>
  /** Accepts the emails that it left without an answer. */
  release(): void
  close(): Promise<void>
}

/** Starts a real SMTP server on this machine. */
export async function startSmtpServer(behaviour: SmtpBehaviour = 'accept', port = 0): Promise<SmtpServer> {
  const seen: ParsedMail[] = []
  const held: (() => void)[] = []
  const events = new EventEmitter<{ seen: [ParsedMail]; accepted: [ParsedMail] }>()
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 0,
    onMailFrom(_address, _session, answer) {
      if (receiver.behaviour === 'refuse-sender') answer(reply(550, '5.7.1 not you'))
      else answer()
    },
    onRcptTo({ address }, _session, answer) {
      if (receiver.behaviour === 'defer') answer(reply(451, `4.2.0 <${address}> try again later`))
      else if (receiver.behaviour === 'refuse') answer(reply(550, `5.1.1 <${address}> unknown`))
      else if (typeof receiver.behaviour === 'object' && receiver.behaviour.to === 'RCPT')
        answer(reply(receiver.behaviour.code, receiver.behaviour.text))
      else answer()
    },
    onData(stream, session, answer) {
      const receive = async () => {
        const mail = await simpleParser(stream)
        const accept = () => {
          events.emit('accepted', mail)
          answer()
        }
        seen.push(mail)
        events.emit('seen', mail)
        if (typeof receiver.behaviour === 'object' && receiver.behaviour.to === 'DATA')
          answer(reply(receiver.behaviour.code, receiver.behaviour.text))
        else if (receiver.behaviour === 'hang') held.push(accept)
        else if (receiver.behaviour === 'drop') disconnect(server, session.id)
        else accept()
      }
      void receive()
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = portOf(server)
  const receiver: SmtpServer = {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    behaviour,
    seen,
    next: (event) => new Promise((resolve) => events.once(event, resolve)),
    arrival: (recipient) =>
      new Promise((resolve) => {
        const listen = (mail: ParsedMail) => {
          if (!JSON.stringify(mail.to).includes(recipient)) return
          events.off('accepted', listen)
          resolve(mail)
        }
        events.on('accepted', listen)
      }),
    release: () => {
      for (const accept of held.splice(0)) accept()
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return receiver
}

function reply(code: number, text: string): Error & { responseCode: number } {
  return Object.assign(new Error(text), { responseCode: code })
}

function disconnect(server: SMTPServer, session: string): void {
  for (const connection of server.connections) if (connection.id === session) connection._socket.destroy()
}

function portOf(server: SMTPServer): number {
  const address = server.server.address()
  return typeof address === 'object' && address ? address.port : never()
}

function never(): never {
  throw new Error('The server has no port.')
}
