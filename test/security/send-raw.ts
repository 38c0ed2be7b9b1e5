import { connect } from 'node:net'

export interface RawAnswer {
  /** 0: the connection was closed without a response. */
  status: number
  head: string
  body: string
}

/**
 * Sends bytes as they are and reads until the server closes, which `Connection: close`
 * or an invalid request causes.
 *
 * @param hangUp close this end after the last byte: the request is aborted if it promised more
 */
export function sendRaw(baseUrl: string, bytes: string | Buffer, hangUp = false): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl)
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      if (hangUp) socket.end(bytes)
      else socket.write(bytes)
    })
    socket.on('data', (part) => parts.push(part))
    // A body that is too large is rejected by closing: the earlier response counts.
    socket.on('error', () => {})
    socket.on('close', () => resolve(parse(Buffer.concat(parts).toString())))
  })
}

function parse(text: string): RawAnswer {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body }
}

/** A whole request with this first line; `headers` are lines of their own. */
export function rawRequest(firstLine: string, headers: readonly string[], body = ''): string {
  return [firstLine, 'Host: localhost', 'Connection: close', ...headers, '', body].join('\r\n')
}
