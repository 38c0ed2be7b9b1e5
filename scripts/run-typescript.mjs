import esbuild from 'esbuild'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './build-cache.mjs'

// `node scripts/run-typescript.mjs FILE [ARGUMENT…]`: Node 20 does not run TypeScript itself. With the
// esbuild that builds the program, in half the time that tsx takes and without another package.
const [file] = process.argv.splice(2, 1)
const outfile = path.join(root, 'dist/scripts', `${path.basename(file, '.ts')}.mjs`)
await esbuild.build({
  absWorkingDir: root,
  entryPoints: [file],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
})
process.argv[1] = outfile
await import(pathToFileURL(outfile).href)
