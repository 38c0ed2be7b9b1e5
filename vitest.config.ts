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
    // Both of a small machine's cores, and no more: every file has a site of its own, with twenty connections.
    maxWorkers: 2,
    // Upper bounds that no test waits for: beside other work a first start takes half a minute.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    server: { deps: { external: [/dist\/lean\//] } },
  },
})
