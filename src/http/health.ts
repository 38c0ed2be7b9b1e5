import { Router } from 'express'
import type { Logger } from 'pino'
import type { Database } from '../db/connect.js'
import { isMigrated } from '../db/migrate.js'
import type { KindMigrations } from '../db/migrations/index.js'

/**
 * `/healthz`: the process answers. `/readyz`: the database is reachable and up to date.
 *
 * @param kinds kinds of device from outside, whose migrations count as well
 */
export function healthRoutes(database: Database, kinds: readonly KindMigrations[], log: Logger): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  router.get('/healthz', (_req, res) => {
    res.type('text').send('ok\n')
  })
  router.get('/readyz', async (_req, res) => {
    const ready = await isMigrated(database, kinds).catch((fault: unknown) => {
      log.warn({ err: fault }, 'not ready')
      return false
    })
    res
      .status(ready ? 200 : 503)
      .type('text')
      .send(ready ? 'ready\n' : 'not ready\n')
  })
  return router
}
