import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'
import { isolatedFiles, testFiles } from './test/select-files.js'

const root = import.meta.dirname

const resolve = {
  alias: [
    // The only import of AdminJS, bundled by test/global-setup.ts.
    { find: /^\.{1,2}\/(.*\/)?adminjs\.js$/, replacement: path.join(root, 'dist/slim/adminjs.js') },
    // The examples import the package; here they get its sources.
    { find: /^otp-admin-site$/, replacement: path.join(root, 'src/index.ts') },
    { find: /^otp-admin-site\/kinds$/, replacement: path.join(root, 'src/custom-kinds.ts') },
    { find: /^otp-admin-site\/testing$/, replacement: path.join(root, 'src/testing/index.ts') },
  ],
}

const limits = {
  // Upper limits: on a busy machine, a first start takes half a minute.
  testTimeout: 180_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000 } },
}

/** The project whose files load modules once per worker, and the one whose files each load them again. */
export function projects(files: readonly string[]) {
  const isolated = new Set(isolatedFiles())
  const test = {
    ...limits,
    setupFiles: ['test/setup.ts'],
    // The embedded database is WebAssembly, which V8 would optimise again in every test that opens one.
    execArgv: ['--liftoff-only'],
    server: { deps: { external: [/dist\/slim\//] } },
  }
  const shared = {
    ...test,
    name: 'shared',
    include: files.filter((file) => !isolated.has(file)),
    isolate: false,
    setupFiles: [...test.setupFiles, 'test/setup-shared.ts'],
  }
  const apart = { ...test, name: 'isolated', include: files.filter((file) => isolated.has(file)) }
  return [
    { resolve, test: shared },
    { resolve, test: apart },
  ]
}

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './.ci/summary-reporter.mjs'],
    // All cores. With one core, two files run at a time, because some of them wait for other processes.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: projects(testFiles()),
  },
})
