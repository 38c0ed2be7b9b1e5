import type { Server } from 'node:http'
import type { Logger } from 'pino'

/** What a request under way still has, of the ten seconds in which the process ends. */
const FINISH_MS = 5_000

/**
 * Listens for SIGTERM and SIGINT from now on. Called before anything is opened, so that a
 * signal in the middle of the start does not kill the process but ends it in order.
 */
export function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}

/** Waits for the signal, then takes no new requests and lets those under way finish. */
export async function stopOnSignal(signalled: Promise<NodeJS.Signals>, server: Server, log: Logger): Promise<void> {
  const signal = await signalled
  log.info({ signal }, 'stopping')
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), FINISH_MS)
  await closed
  clearTimeout(cut)
}
