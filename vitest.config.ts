import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

const slimAdminjs = path.join(import.meta.dirname, 'dist/slim/adminjs.js')

export default defineConfig({
  // The only import of AdminJS, bundled by test/global-setup.ts.
  resolve: {
    alias: [
      { find: /^\.{1,2}\/(.*\/)?adminjs\.js$/, replacement: slimAdminjs },
      // The examples import the package; here they get its sources.
      { find: /^otp-admin-site$/, replacement: path.join(import.meta.dirname, 'src/index.ts') },
      { find: /^otp-admin-site\/kinds$/, replacement: path.join(import.meta.dirname, 'src/custom-kinds.ts') },
      { find: /^otp-admin-site\/testing$/, replacement: path.join(import.meta.dirname, 'src/testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    // Modules are loaded once per worker instead of once per file.
    isolate: false,
    // The embedded database is WebAssembly, which V8 would optimise again in every test that opens one.
    execArgv: ['--liftoff-only'],
    reporters: ['default', './.ci/summary-reporter.mjs'],
    // All cores. With one core, two files run at a time, because some of them wait for other processes.
    maxWorkers: Math.max(2, availableParallelism()),
    // Upper limits: on a busy machine, a first start takes half a minute.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    server: { deps: { external: [/dist\/slim\//] } },
  },
})
