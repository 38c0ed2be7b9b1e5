import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './.ci/summary-reporter.mjs'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
