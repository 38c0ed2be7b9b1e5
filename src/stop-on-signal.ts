import type { Server } from 'node:http'
import type { Logger } from 'pino'

/** What a request under way still has, of the ten seconds in which the process ends. */
const FINISH_MS = 5_000
/** The end, in milliseconds after the signal, whatever does not answer by then. */
const END_MS = 9_500

/**
 * Listens for SIGTERM and SIGINT from now on. Called before anything is opened, so that a
 * signal in the middle of the start does not kill the process but ends it in order. Further
 * signals change nothing: a terminal and npm may both send one.
 */
export function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const receive = (signal: NodeJS.Signals) => {
      setTimeout(() => process.exit(0), END_MS).unref()
      resolve(signal)
    }
    process.on('SIGTERM', receive).on('SIGINT', receive)
  })
}

/** Waits for the signal, then takes no new requests and lets those under way finish. */
export async function stopOnSignal(signalled: Promise<NodeJS.Signals>, server: Server, log: Logger): Promise<void> {
  const signal = await signalled
  log.info({ signal }, 'shutting down')
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), FINISH_MS)
  await closed
  clearTimeout(cut)
}
