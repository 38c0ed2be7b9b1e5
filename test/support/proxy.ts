import { createServer, connect, type Socket } from 'node:net'

/** What the proxy does with one chunk: `pass` it on, `cut` both connections, or `swallow` it. */
export type Verdict = 'pass' | 'cut' | 'swallow'

export interface Chunk {
  /** Counts the chunks of all connections in both directions, from 0. */
  number: number
  from: 'client' | 'server'
  bytes: Buffer
}

export interface Proxy {
  port: number
  /** Chunks seen. */
  seen(): number
  /** Decides about each chunk from now on. */
  decide(decision: (chunk: Chunk) => Verdict): void
  /** From now on nothing passes on connections that are open; new ones work. Nobody is told. */
  swallowOpen(): void
  /** From now on new connections are accepted and nothing passes on any. */
  swallowAll(): void
  /** Everything works again. */
  heal(): void
  /** Cuts every connection. */
  cutAll(): void
  close(): Promise<void>
}

/** A TCP proxy in front of a server, that fails in the ways in which networks fail. */
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
      // A host that lost power says nothing to the other side either.
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

/** The same database, reached through the proxy. */
export function throughProxy(url: string, proxy: Pick<Proxy, 'port'>): string {
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(proxy.port)
  return through.href
}

/** Where a database's server listens. */
export function targetOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port || 5432) }
}
