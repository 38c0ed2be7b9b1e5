import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

const lean = path.join(import.meta.dirname, 'dist/lean/adminjs.js')

export default defineConfig({
  // The one door to AdminJS, bundled by test/global-setup.ts.
  resolve: {
    alias: [
      { find: /^\.{1,2}\/(.*\/)?adminjs\.js$/, replacement: lean },
      // What the examples import, as it stands in the sources.
      { find: /^otp-admin-site$/, replacement: path.join(import.meta.dirname, 'src/index.ts') },
      { find: /^otp-admin-site\/kinds$/, replacement: path.join(import.meta.dirname, 'src/custom-kinds.ts') },
      { find: /^otp-admin-site\/testing$/, replacement: path.join(import.meta.dirname, 'src/testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './.ci/summary-reporter.mjs'],
    // All cores. A machine with one still has two files at a time, since some of them wait for other processes.
    maxWorkers: Math.max(2, availableParallelism()),
    // Upper bounds that no test waits for: beside other work a first start takes half a minute.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    server: { deps: { external: [/dist\/lean\//] } },
  },
})
