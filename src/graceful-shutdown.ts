import type { Server } from 'node:http'
import type { Logger } from 'pino'

/** Milliseconds that running requests get to finish, of the ten seconds in which the process ends. */
const FINISH_MS = 5_000
/** Milliseconds after the signal at which the process exits, even if something is still running. */
const END_MS = 9_500

/**
 * Resolves with the first SIGTERM or SIGINT. Call it before anything is opened, so that a signal
 * during the start stops the process in an orderly way. Further signals are ignored, because a
 * terminal and npm can both send one.
 */
export function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const receive = (signal: NodeJS.Signals) => {
      setTimeout(() => process.exit(0), END_MS).unref()
      resolve(signal)
    }
    process.on('SIGTERM', receive).on('SIGINT', receive)
  })
}

/** Waits for the signal, then accepts no new requests and lets running ones finish. */
export async function shutDownOnSignal(signalled: Promise<NodeJS.Signals>, server: Server, log: Logger): Promise<void> {
  const signal = await signalled
  log.info({ signal }, 'shutting down')
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), FINISH_MS)
  await closed
  clearTimeout(cut)
}
