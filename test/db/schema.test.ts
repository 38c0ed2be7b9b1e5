import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { printSchema } from '../../scripts/print-schema.js'
import { packageRoot } from '../../src/package-root.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'

test.each(databaseKinds())('matches the result of the migrations in db/schema.sql on the %s database', async (kind) => {
  const database = await openTestDatabase(kind)
  const schema = await printSchema(database.pool)
  await database.close()
  expect(schema).toBe(readFileSync(path.join(packageRoot, 'db', 'schema.sql'), 'utf8'))
})
