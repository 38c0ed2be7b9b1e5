import type { Server } from 'node:http'
import type { Logger } from 'pino'

/** What a request under way still has, of the ten seconds in which the process ends. */
const FINISH_MS = 5_000

/** Waits for SIGTERM or SIGINT, then takes no new requests and lets those under way finish. */
export async function stopOnSignal(server: Server, log: Logger): Promise<void> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  log.info({ signal }, 'stopping')
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), FINISH_MS)
  await closed
  clearTimeout(cut)
}
