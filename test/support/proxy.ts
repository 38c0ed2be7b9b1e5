import { createServer, connect, type Socket } from 'node:net'

/** What the proxy does with a chunk: `pass` it on, `cut` both connections, or `swallow` it. */
export type Verdict = 'pass' | 'cut' | 'swallow'

export interface Chunk {
  /** Counts the chunks of all connections in both directions, from 0. */
  number: number
  from: 'client' | 'server'
  bytes: Buffer
}

export interface Proxy {
  port: number
  /** The number of chunks so far. */
  seen(): number
  /** Sets the function that decides about each following chunk. */
  decide(decision: (chunk: Chunk) => Verdict): void
  /** Silently passes nothing more on open connections. New connections work. */
  swallowOpen(): void
  /** Accepts new connections, but passes nothing on any connection. */
  swallowAll(): void
  /** Restores normal operation for new connections. */
  heal(): void
  /** Cuts every connection. */
  cutAll(): void
  close(): Promise<void>
}

/** Starts a TCP proxy in front of a server that fails in the ways networks fail. */
export async function startProxy(target: { host: string; port: number }): Promise<Proxy> {
  let number = 0
  let decision: (chunk: Chunk) => Verdict = () => 'pass'
  let swallowing = false
  const silenced = new WeakSet<Socket>()
  const clients = new Set<Socket>()
  const sockets = new Set<Socket>()

  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect(target)
    track(client)
    track(upstream)
    clients.add(client)
    if (swallowing) silenced.add(client)
    const handle = (from: Chunk['from'], to: Socket) => (bytes: Buffer) => {
      if (silenced.has(client)) return
      const verdict = decision({ number: number++, from, bytes })
      if (verdict === 'pass') to.write(bytes)
      if (verdict === 'swallow') silenced.add(client)
      if (verdict !== 'cut') return
      client.destroy()
      upstream.destroy()
    }
    client.on('data', handle('client', upstream)).on('close', () => {
      clients.delete(client)
      // A host that lost power does not close the other connection either.
      if (!silenced.has(client)) upstream.destroy()
    })
    upstream.on('data', handle('server', client)).on('close', () => silenced.has(client) || client.destroy())
    client.on('end', () => silenced.has(client) || upstream.end())
    upstream.on('end', () => silenced.has(client) || client.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The proxy has no port.')
  return {
    port: address.port,
    seen: () => number,
    decide: (next) => (decision = next),
    swallowOpen: () => clients.forEach((client) => silenced.add(client)),
    swallowAll: () => {
      swallowing = true
      clients.forEach((client) => silenced.add(client))
    },
    heal: () => {
      swallowing = false
      decision = () => 'pass'
    },
    cutAll: () => sockets.forEach((socket) => socket.destroy()),
    close: async () => {
      sockets.forEach((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Returns the URL of the same database through the proxy. */
export function throughProxy(url: string, proxy: Pick<Proxy, 'port'>): string {
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(proxy.port)
  return through.href
}

/** Returns the host and port of a database's server. */
export function targetOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port || 5432) }
}
