import { readSecretKeys } from '../../src/read-secret-keys.js'
import { testConfig } from './config.js'

// A start of its own: prints the ID of the key in the DATA_DIR of its environment.
process.stdout.write(`${readSecretKeys(testConfig({ DATA_DIR: process.env['DATA_DIR'] ?? '' })).ids.join()}\n`)
