import { Pool, type PoolClient } from 'pg'

type Borrow = (error: Error | undefined, client: PoolClient | undefined, done: (error?: unknown) => void) => void

/**
 * A pool whose connections can be released twice. graphile-worker does that if the connection
 * it listens on breaks while it stops, and does not handle the error that pg throws then.
 */
export class ReleaseOncePool extends Pool {
  override connect(): Promise<PoolClient>
  override connect(callback: Borrow): void
  override connect(callback?: Borrow): Promise<PoolClient> | void {
    if (!callback) return super.connect()
    super.connect((error, client, done) => callback(error, client, once(done)))
  }
}

/** `work` can be undefined in spite of pg's types: an ended pool passes no `done` along with its error. */
function once<Value>(work: ((value?: Value) => void) | undefined): (value?: Value) => void {
  let done = false
  return (value) => {
    if (!done) work?.(value)
    done = true
  }
}
