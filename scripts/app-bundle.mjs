import { leanAdminjs } from './slim-adminjs.mjs'
import { root } from './build-cache.mjs'

/**
 * Packages that stay in node_modules: they hold native code, WebAssembly or files that
 * they find by their own path, or they are loaded late and gain nothing. All others are
 * bundled, because one file is read faster than hundreds.
 */
const external = [
  '@electric-sql/*',
  '@node-rs/argon2',
  // Loaded where a host brings components of its own, which the program itself never does.
  'adminjs/bundler',
  'graphile-worker',
  'pg',
  'pg-hstore',
  'pg-native',
  'pino',
  'twilio',
  'umzug',
]

const entries = { 'otp-admin': 'src/cli/otp-admin.ts', 'embedded-worker': 'src/db/embedded/worker.ts' }

/** Packages of the CommonJS kind ask for Node's own modules by `require`, which a module does not have. */
const requireInModule =
  "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);"

/** esbuild's options for dist/app: one file per entry and per command, and what they share. */
export function appBundle() {
  return {
    absWorkingDir: root,
    entryPoints: entries,
    outdir: 'dist/app',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    banner: { js: requireInModule },
    chunkNames: 'chunk-[name]-[hash]',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    // @adminjs/sequelize knows a column's type by the name of its class.
    keepNames: true,
    plugins: [leanAdminjs()],
  }
}
