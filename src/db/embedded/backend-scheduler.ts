/** Messages that are sent to the backend together. */
export interface Batch {
  bytes: Uint8Array
  /** Ends with Query or Sync, so that the response ends with ReadyForQuery. */
  complete: boolean
}

/** One connection as the queue sees it. */
export interface Client {
  batches: Batch[]
  write: (chunk: Uint8Array) => void
  /** Ends the connection, because others had to wait for it too long. */
  evict: () => void
}

/** The one backend behind all connections. */
export interface Backend {
  execute: (bytes: Uint8Array, write: (chunk: Uint8Array) => void) => Promise<void>
  inTransaction: () => boolean
}

/** Milliseconds that a client can be idle in a transaction while others wait. */
const IDLE_IN_TRANSACTION_MS = 10_000

/**
 * Shares one backend among connections, first come, first served. From the first message of a
 * batch until no transaction is open, a connection has the backend to itself: a message of
 * another connection must not reach it (docs/decisions/0001-own-embedded-socket.md).
 */
export function createScheduler(backend: Backend, patienceMs = IDLE_IN_TRANSACTION_MS) {
  const waiting: Client[] = []
  let holder: Client | undefined
  let busy = false
  let running = Promise.resolve()
  let patience: NodeJS.Timeout | undefined

  async function run(): Promise<void> {
    for (let client = next(); client; client = next()) await serve(client)
    busy = false
    if (holder && waiting.length > 0) patience ??= setTimeout(() => holder?.evict(), patienceMs)
  }

  function next(): Client | undefined {
    if (holder) return holder.batches.length > 0 ? holder : undefined
    return waiting.shift()
  }

  async function serve(client: Client): Promise<void> {
    clearTimeout(patience)
    patience = undefined
    holder = client
    const batch = client.batches.shift()
    if (!batch) return
    await backend.execute(batch.bytes, (chunk) => client.write(chunk))
    if (!batch.complete || backend.inTransaction()) return
    holder = undefined
    if (client.batches.length > 0) waiting.push(client)
  }

  /** Puts a client that is in no queue yet at the end of the queue. */
  function admit(client: Client, queued: boolean): void {
    if (!queued && client !== holder) waiting.push(client)
    if (busy) return
    busy = true
    running = run()
  }

  return {
    /** Adds work after this client's earlier work. */
    enqueue(client: Client, batch: Batch): void {
      admit(client, client.batches.push(batch) > 1)
    },
    /** Drops the waiting work of a client that has disconnected, and runs `cleanup` to end what it left open. */
    leave(client: Client, cleanup: Batch): void {
      const queued = client.batches.length > 0
      client.batches = [cleanup]
      admit(client, queued)
    },
    /** Resolves when no work that can run is left. */
    async idle(): Promise<void> {
      await running
    },
  }
}

export type Scheduler = ReturnType<typeof createScheduler>
