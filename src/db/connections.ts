import { Client, type ClientConfig } from 'pg'
import { SiteError } from '../errors.js'

/** How long the database may take, in milliseconds; null: as long as it likes. */
export interface Limits {
  /** For one statement; the server cancels it. */
  statement: number
  /** For one lock; the server gives up waiting for it. */
  lock: number
  /** Between two statements of one transaction; the server ends the connection. */
  idleInTransaction: number
  /** Without a byte in answer to a statement; then the host counts as gone. */
  silence: number
}

/** Milliseconds between two looks at the connections. */
const LOOK_MS = 500
/** Milliseconds that a connection gets to say goodbye. */
const GOODBYE_MS = 1_000

export interface Connections {
  /** Opens connections that are watched from their first moment. */
  Client: new () => Client
  /** Sets the server's own limits on a new connection. Ends the connection if that fails. */
  prepare(connection: unknown): Promise<void>
  /** Cuts every connection that is still open. */
  destroy(): void
}

/** One connection, as it looked last time. */
interface Watched {
  bytesRead: number
  /** Looks in a row without a byte. */
  quiet: number
  /** Looks in a row without a byte while a statement was under way. */
  waiting: number
}

/**
 * Makes the connections of one database. A host that disappears without a word leaves
 * connections that look alive and never answer. Once a statement has waited for too long,
 * its connection is cut, and with it all others that have been silent for as long: the
 * next statement finds a new one.
 */
export function createConnections(config: ClientConfig, limits: Limits | null): Connections {
  const open = new Map<Client, Watched>()

  class WatchedClient extends Client {
    constructor() {
      super(config)
      open.set(this, { bytesRead: 0, quiet: 0, waiting: 0 })
      // An error without a listener ends the process, and between two owners a connection has none.
      this.on('error', () => {}).on('end', () => open.delete(this))
    }

    override end(): Promise<void>
    override end(callback: (error: Error) => void): void
    override end(callback?: (error: Error) => void): Promise<void> | void {
      const cut = setTimeout(() => this.connection.stream.destroy(), GOODBYE_MS).unref()
      this.once('end', () => clearTimeout(cut))
      return callback ? super.end(callback) : super.end()
    }
  }

  const watching = limits && setInterval(() => cutSilent(open, limits.silence / LOOK_MS), LOOK_MS).unref()
  return {
    Client: WatchedClient,
    prepare: async (connection) => {
      if (limits && connection instanceof Client) await setLimits(connection, limits)
    },
    destroy: () => {
      if (watching) clearInterval(watching)
      for (const client of open.keys()) client.connection.stream.destroy()
    },
  }
}

/**
 * Counts looks, not time: if this process itself could not run for a while, that is one
 * look, and the answers that came meanwhile are seen first.
 *
 * @param longest looks
 */
function cutSilent(open: ReadonlyMap<Client, Watched>, longest: number): void {
  for (const [client, seen] of open) look(client, seen)
  if (![...open.values()].some(({ waiting }) => waiting >= longest)) return
  for (const [client, { quiet }] of open) if (quiet >= longest) client.connection.stream.destroy(silent())
}

function look(client: Client, seen: Watched): void {
  const bytesRead: unknown = Reflect.get(client.connection.stream, 'bytesRead')
  const isQuiet = bytesRead === seen.bytesRead
  seen.quiet = isQuiet ? seen.quiet + 1 : 0
  // pg keeps it there and does not say so in its types: false while it waits for an answer.
  const isWaiting = Reflect.get(client, 'readyForQuery') === false
  seen.waiting = isQuiet && isWaiting ? seen.waiting + 1 : 0
  if (typeof bytesRead === 'number') seen.bytesRead = bytesRead
}

const silent = (): SiteError =>
  new SiteError('database_silent', 'The database stopped responding.', 'Check its host and the network.')

/** As a statement, because a pooler in between may reject them as parameters of the connection. */
async function setLimits(client: Client, { statement, lock, idleInTransaction }: Limits): Promise<void> {
  try {
    await client.query(
      `set statement_timeout = ${statement}; set lock_timeout = ${lock};
       set idle_in_transaction_session_timeout = ${idleInTransaction}`,
    )
  } catch (error) {
    await client.end()
    throw error
  }
}
