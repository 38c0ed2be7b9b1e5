import { Pool, type PoolClient } from 'pg'

type Borrow = (error: Error | undefined, client: PoolClient | undefined, done: (error?: unknown) => void) => void

/**
 * A pool whose callers may give a connection back twice. graphile-worker does, if the
 * connection on which it listens breaks while it stops, and nobody handles what pg throws then.
 */
export class ReleaseOncePool extends Pool {
  override connect(): Promise<PoolClient>
  override connect(callback: Borrow): void
  override connect(callback?: Borrow): Promise<PoolClient> | void {
    if (!callback) return super.connect()
    super.connect((error, client, done) => callback(error, client, once(done)))
  }
}

/** A pool that has ended gives no way back with its error, whatever pg's types say. */
function once<Value>(work: ((value?: Value) => void) | undefined): (value?: Value) => void {
  let done = false
  return (value) => {
    if (!done) work?.(value)
    done = true
  }
}
