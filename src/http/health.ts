import { Router } from 'express'
import type { Logger } from 'pino'
import type { Database } from '../db/connect.js'
import { within } from '../within.js'
import { isMigrated } from '../db/migrate.js'
import type { KindMigrations } from '../db/migrations/index.js'
import { faultForLog } from '../fault-for-log.js'

/** Milliseconds that `/readyz` takes at most; load balancers rarely wait longer. */
const LONGEST = 2_500

/**
 * `/healthz`: the process answers. `/readyz`: the database is up to date and reachable over
 * each of the pools that requests use.
 *
 * @param kinds kinds of device from outside, whose migrations count as well
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
    const ready = await within(LONGEST, isReady()).catch((fault: unknown) => {
      log.warn({ err: faultForLog(fault) }, 'not ready')
      return false
    })
    if (ready === undefined) log.warn('not ready: the database does not answer in time')
    res
      .status(ready ? 200 : 503)
      .type('text')
      .send(ready ? 'ready\n' : 'not ready\n')
  })
  return router
}

/** Lets callers share the work that is under way, or each request would hold a connection of a dead host. */
function sharing<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => (running ??= work().finally(() => (running = undefined)))
}
