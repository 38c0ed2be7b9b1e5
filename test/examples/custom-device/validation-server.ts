import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sign } from '../../../examples/custom-device/yubikey/query-servers.js'
import { decryptBlock, splitOtp } from '../../../examples/custom-device/yubikey/parse-otp.js'
import type { SoftwareYubikey } from './software-yubikey.js'

export const API_KEY = Buffer.from('12345678901234567890').toString('base64')

type Fields = Record<string, string>

export interface ValidationServer {
  url: string
  /** The requests so far. */
  requests: URLSearchParams[]
  addKey(key: SoftwareYubikey): void
  /** Changes the next responses before they are signed, or afterwards with `signed`. */
  changeResponse(change: (response: Fields) => Fields, options?: { signed?: boolean }): void
  /** Sends no response until the promise settles. */
  wait(until: Promise<unknown>): void
  close(): Promise<void>
}

/** Starts a validation server that stores counters as Yubico's do, and can misbehave. */
export async function startValidationServer(): Promise<ValidationServer> {
  const keys = new Map<string, { key: SoftwareYubikey; counter: number }>()
  const requests: URLSearchParams[] = []
  let before: (response: Fields) => Fields = (response) => response
  let after = before
  let ready: Promise<unknown> = Promise.resolve()
  const server = createServer((req, res) => {
    const query = new URL(req.url ?? '/', 'http://localhost').searchParams
    requests.push(query)
    const { otp = '', nonce = '', sl = '' } = Object.fromEntries(query)
    const response = before({ t: '2026-03-01T12:00:00Z0001', otp, nonce, sl, ...validate(keys, otp) })
    const sent = after({ h: sign(response, API_KEY), ...response })
    const text = Object.entries(sent).map(([name, value]) => `${name}=${value}\r\n`)
    void ready.then(() => res.setHeader('Content-Type', 'text/plain').end(text.join('')))
  })
  return {
    url: `http://127.0.0.1:${await listen(server)}/wsapi/2.0/verify`,
    requests,
    addKey: (key) => void keys.set(key.publicId, { key, counter: -1 }),
    changeResponse(change, { signed = false } = {}) {
      if (signed) after = change
      else before = change
    },
    wait: (until) => void (ready = until),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function validate(keys: Map<string, { key: SoftwareYubikey; counter: number }>, otp: string): Fields {
  const typed = splitOtp(otp)
  const known = keys.get(typed?.publicId ?? '')
  const decrypted = typed && known ? decryptBlock(typed.block, Buffer.from(known.key.aesKey, 'hex')) : null
  if (!decrypted || !known || decrypted.privateId.toString('hex') !== known.key.privateId) return { status: 'BAD_OTP' }
  if (decrypted.counter <= known.counter) return { status: 'REPLAYED_OTP' }
  known.counter = decrypted.counter
  const [sessioncounter, sessionuse] = [Math.floor(decrypted.counter / 256), decrypted.counter % 256].map(String)
  return {
    status: 'OK',
    timestamp: String(decrypted.timestamp),
    sessioncounter: sessioncounter ?? '',
    sessionuse: sessionuse ?? '',
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no port.')
  return address.port
}
