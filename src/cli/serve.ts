import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { main } from '../main.js'
import { readEnvironment } from './read-environment.js'

/** Runs the server until SIGTERM or SIGINT. The start-up text goes to standard output, the log to standard error. */
export async function serve(): Promise<void> {
  collectEarly()
  await main(readEnvironment(), console.log)
}

/**
 * V8 lets the heap grow to several times what is alive before it first collects the old
 * generation: 250 MB resident where 190 are as fast (`npm run bench -- logins`). The limit
 * is set anew by each collection, so the first is asked for here. This process is ours;
 * a host's own is left alone.
 */
function collectEarly(): void {
  setFlagsFromString('--heap-growing-percent=50')
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  setFlagsFromString('--no-expose-gc')
}
