import { expect, it } from 'vitest'
import { ReleaseOncePool } from '../../src/db/release-once.js'

it('reports that a pool has ended, and accepts the release of a client it never gave', async () => {
  const pool = new ReleaseOncePool()
  await pool.end()
  const said = await new Promise<string | undefined>((resolve) => {
    pool.connect((error, client, done) => {
      expect(client).toBe(undefined)
      // graphile-worker does this if it was about to listen again while it stops.
      done()
      done()
      resolve(error?.message)
    })
  })
  expect(said).toMatch(/after calling end/)
})
