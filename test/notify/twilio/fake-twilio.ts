import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { checkAnswer, checkRequest, exampleAnswer } from './check-request.js'

export const accountSid = 'ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
export const authToken = 'a-token-that-nobody-else-has'

/** How the next requests are answered. */
export type FakeTwilioBehaviour =
  | 'accept'
  /** Twilio's own format of a rejection. */
  | { status: number; code: number; message: string }
  /** Something in front of Twilio answers. */
  | { status: number; html: string }
  /** Reads the request and does not answer. */
  | 'hang'
  /** Answers a byte from time to time. */
  | 'trickle'

export interface FakeTwilio {
  url: string
  behaviour: FakeTwilioBehaviour
  /** The fields of every valid request, in the order they came. */
  readonly requests: readonly { resource: string; fields: Record<string, string> }[]
  /** What was wrong with requests, according to Twilio's own description. */
  readonly mistakes: readonly string[]
  close(): Promise<void>
}

/** A server on this machine that accepts what Twilio accepts and answers as Twilio does. */
export async function startTwilio(): Promise<FakeTwilio> {
  const requests: { resource: string; fields: Record<string, string> }[] = []
  const mistakes: string[] = []
  const server = createServer((req, res) => void answer(req, res))
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const fields = new URLSearchParams(await text(req))
    const checked = checkRequest(req, fields, { accountSid, authToken })
    mistakes.push(...checked.mistakes)
    if (checked.mistakes.length > 0) return refuse(res, { status: 400, code: 20001, message: 'not as described' })
    requests.push({ resource: checked.resource, fields: Object.fromEntries(fields) })
    await behave(res, standIn.behaviour, () => succeed(res, checked.resource, fields))
  }
  const succeed = (res: ServerResponse, resource: string, fields: URLSearchParams) => {
    const body = exampleAnswer(resource, { to: fields.get('To') ?? '', accountSid })
    mistakes.push(...checkAnswer(resource, body))
    sendJson(res, 201, body)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const standIn: FakeTwilio = {
    url: urlOf(server),
    behaviour: 'accept',
    requests,
    mistakes,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return standIn
}

/** The URL of a server that listens on this machine. */
export function urlOf(server: Server): string {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server does not listen.')
  return `http://127.0.0.1:${address.port}`
}

async function behave(res: ServerResponse, behaviour: FakeTwilioBehaviour, succeed: () => void): Promise<void> {
  if (behaviour === 'accept') return succeed()
  if (behaviour === 'hang') return
  if (behaviour === 'trickle') return trickle(res)
  if ('html' in behaviour) {
    res.writeHead(behaviour.status, { 'Content-Type': 'text/html' }).end(behaviour.html)
    return
  }
  refuse(res, behaviour)
}

function trickle(res: ServerResponse): void {
  res.writeHead(201, { 'Content-Type': 'application/json' })
  const drops = setInterval(() => res.write(' '), 20)
  res.once('close', () => clearInterval(drops))
}

/** As documented in Twilio's "Error and Warning Dictionary" and "Twilio's Response". */
function refuse(res: ServerResponse, { status, code, message }: { status: number; code: number; message: string }) {
  sendJson(res, status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status })
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
