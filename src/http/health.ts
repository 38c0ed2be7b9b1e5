import { Router } from 'express'
import type { Logger } from 'pino'
import type { Database } from '../db/connect.js'
import { within } from '../within.js'
import { isMigrated } from '../db/migrate.js'
import type { KindMigrations } from '../db/migrations/index.js'
import { errorForLog } from '../error-for-log.js'

/** Milliseconds until `/readyz` responds at the latest. Load balancers rarely wait longer. */
const READY_TIMEOUT_MS = 2_500

/**
 * Creates two routes: `/healthz` (the process responds) and `/readyz` (the database is migrated,
 * and reachable over each of the pools that requests use).
 *
 * @param kinds custom kinds, whose migrations must have run as well
 */
export function healthRoutes(database: Database, kinds: readonly KindMigrations[], log: Logger): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const isReady = sharing(async () => {
    const [isCurrent] = await Promise.all([isMigrated(database, kinds), database.pool.query('select')])
    return isCurrent
  })
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  router.get('/healthz', (_req, res) => {
    res.type('text').send('ok\n')
  })
  router.get('/readyz', async (_req, res) => {
    const ready = await within(READY_TIMEOUT_MS, isReady()).catch((error: unknown) => {
      log.warn({ err: errorForLog(error) }, 'not ready')
      return false
    })
    if (ready === undefined) log.warn('not ready: the database did not respond in time')
    res
      .status(ready ? 200 : 503)
      .type('text')
      .send(ready ? 'ready\n' : 'not ready\n')
  })
  return router
}

/** Shares a check in progress between requests. Otherwise each of them would occupy a connection to a dead host. */
function sharing<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => (running ??= work().finally(() => (running = undefined)))
}
