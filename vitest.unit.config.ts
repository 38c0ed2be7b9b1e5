import { defineConfig } from 'vitest/config'
import { unitFiles } from './test/select-files.js'
import { projects } from './vitest.config.js'

// What `npm run test:unit` runs: no database is prepared and nothing is built.
export default defineConfig({ test: { projects: projects(unitFiles()) } })
