import { slimAdminjs } from './slim-adminjs.mjs'
import { repositoryRoot } from './build-cache.mjs'

/**
 * Packages that are not bundled: they contain native code, WebAssembly or files that they find by
 * their own path, or they are loaded late. All others are bundled, because one file loads faster
 * than hundreds.
 */
const external = [
  '@electric-sql/*',
  '@node-rs/argon2',
  // Only needed for a host's own components, which the program never has.
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

/** CommonJS packages call `require` for Node's built-in modules; an ES module has no `require`. */
const requireInModule =
  "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);"

/** Returns esbuild's options for dist/app: one file per entry point and per command, and their shared chunks. */
export function appBundle() {
  return {
    absWorkingDir: repositoryRoot,
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
    // @adminjs/sequelize identifies a column's type by the name of its class.
    keepNames: true,
    plugins: [slimAdminjs()],
  }
}
