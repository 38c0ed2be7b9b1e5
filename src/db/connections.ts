import { Client, type ClientConfig } from 'pg'
import { SiteError } from '../errors.js'

/** Time limits of a connection, in milliseconds. */
export interface Limits {
  /** For one statement; the server cancels it. */
  statement: number
  /** For one lock; the server stops waiting for it. */
  lock: number
  /** Between two statements of one transaction; the server ends the connection. */
  idleInTransaction: number
  /** Without a byte in response to a statement; then the host is considered gone. */
  silence: number
}

/** Milliseconds between two checks of the connections. */
const CHECK_MS = 500
/** Milliseconds that a connection can take to close. */
const CLOSE_MS = 1_000

export interface Connections {
  /** Opens connections that are watched from the start. */
  Client: new () => Client
  /** Sets the server's limits on a new connection. Ends the connection if that fails. */
  prepare(connection: unknown): Promise<void>
  /** Cuts every connection that is still open. */
  destroy(): void
}

/** State of one connection at the last check. */
interface Watched {
  bytesRead: number
  /** Consecutive checks without a byte. */
  quiet: number
  /** Consecutive checks without a byte while a statement was running. */
  waiting: number
}

/**
 * Creates the connections to one database. If a host disappears without closing them, they
 * look alive and never respond. When a statement has waited too long, its connection is cut,
 * along with all others that have been silent as long. The next statement gets a new one.
 *
 * @param limits milliseconds; null: no limits
 */
export function createConnections(config: ClientConfig, limits: Limits | null): Connections {
  const open = new Map<Client, Watched>()

  class WatchedClient extends Client {
    constructor() {
      super(config)
      open.set(this, { bytesRead: 0, quiet: 0, waiting: 0 })
      // An `error` event without a listener ends the process, and an idle connection has no other listener.
      this.on('error', () => {}).on('end', () => open.delete(this))
    }

    override end(): Promise<void>
    override end(callback: (error: Error) => void): void
    override end(callback?: (error: Error) => void): Promise<void> | void {
      const cut = setTimeout(() => this.connection.stream.destroy(), CLOSE_MS).unref()
      this.once('end', () => clearTimeout(cut))
      return callback ? super.end(callback) : super.end()
    }
  }

  const watching = limits && setInterval(() => cutSilent(open, limits.silence / CHECK_MS), CHECK_MS).unref()
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
 * Cuts silent connections. It counts checks, not time: if this process could not run for a
 * while, that is one check, and responses that arrived in the meantime are read first.
 *
 * @param longest checks in a row that a connection can be silent
 */
function cutSilent(open: ReadonlyMap<Client, Watched>, longest: number): void {
  for (const [client, seen] of open) check(client, seen)
  if (![...open.values()].some(({ waiting }) => waiting >= longest)) return
  for (const [client, { quiet }] of open) if (quiet >= longest) client.connection.stream.destroy(silent())
}

function check(client: Client, seen: Watched): void {
  const bytesRead: unknown = Reflect.get(client.connection.stream, 'bytesRead')
  const isQuiet = bytesRead === seen.bytesRead
  seen.quiet = isQuiet ? seen.quiet + 1 : 0
  // Missing in pg's types; false while the connection waits for a response.
  const isWaiting = Reflect.get(client, 'readyForQuery') === false
  seen.waiting = isQuiet && isWaiting ? seen.waiting + 1 : 0
  if (typeof bytesRead === 'number') seen.bytesRead = bytesRead
}

const silent = (): SiteError =>
  new SiteError('database_silent', 'The database stopped responding.', 'Check its host and the network.')

/** Sets the limits with a statement, because a pooler might reject them as connection parameters. */
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
