import { unitFiles } from './test/unit-files.js'
import whole from './vitest.config.js'

// What `npm run test:unit` runs: no database is prepared and nothing is built.
export default { ...whole, test: { ...whole.test, include: unitFiles(), globalSetup: [], reporters: ['default'] } }
