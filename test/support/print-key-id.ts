import { readSecretKeys } from '../../src/read-secret-keys.js'
import { testConfig } from './config.js'

// A separate process that prints the ID of the key in its DATA_DIR.
process.stdout.write(`${readSecretKeys(testConfig({ DATA_DIR: process.env['DATA_DIR'] ?? '' })).ids.join()}\n`)
