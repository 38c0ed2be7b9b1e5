import esbuild from 'esbuild'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot } from './build-cache.mjs'

// `node scripts/run-typescript.mjs FILE [ARGUMENT…]` runs a TypeScript file, which Node 20 cannot. It
// uses the esbuild that builds the program: half the time of tsx, and no additional package.
const [file] = process.argv.splice(2, 1)
const outfile = path.join(repositoryRoot, 'dist/scripts', `${path.basename(file, '.ts')}.mjs`)
await esbuild.build({
  absWorkingDir: repositoryRoot,
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
