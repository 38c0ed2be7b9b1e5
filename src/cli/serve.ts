import { main } from '../main.js'
import { readEnvironment } from './read-environment.js'

/** Runs the server until SIGTERM or SIGINT. The start-up text goes to standard output, the log to standard error. */
export async function serve(): Promise<void> {
  await main(readEnvironment(), console.log)
}
