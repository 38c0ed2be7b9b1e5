import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readConfig } from '../src/config/read-config.js'
import { connectDatabase } from '../src/db/connect.js'
import { migrate } from '../src/db/migrate.js'
import { kindsToMigrate } from '../src/kinds/index.js'
import { packageRoot } from '../src/package-root.js'
import { printSchema } from './print-schema.js'

// `npm run schema` migrates an empty embedded database and writes db/schema.sql; a test fails if it is stale.

const folder = await mkdtemp(path.join(tmpdir(), 'otp-'))
const result = readConfig({ NODE_ENV: 'test', DATA_DIR: folder })
if (!result.ok) throw new Error(result.issues.map((issue) => issue.variable).join(', '))
const database = await connectDatabase(result.config)
await migrate(database, kindsToMigrate())
await writeFile(path.join(packageRoot, 'db', 'schema.sql'), await printSchema(database.pool))
await database.close()
await rm(folder, { recursive: true })
