import { once } from 'node:events'
import { connectDatabase } from '../../src/db/connect.js'
import { testConfig } from '../support/config.js'

// A command that locks the folder of its first argument until its standard input ends.
const database = await connectDatabase(testConfig({ DATA_DIR: process.argv[2] ?? '' }), { embedded: 'share' })
process.stdout.write('ready\n')
await once(process.stdin.resume(), 'end')
await database.close()
