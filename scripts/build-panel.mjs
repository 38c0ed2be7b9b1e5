import esbuild from 'esbuild'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { slimFrontend, fullFrontend } from './panel/slim-frontend.mjs'
import { repositoryRoot } from './build-cache.mjs'

// Builds dist/panel: the panel's script, the same script with all of AdminJS for hosts with their own
// components (host-panel.js), the style sheet and the icon. Each name contains a hash of the content,
// and each file also exists as .br and .gz. manifest.json lists the names.

const components = path.join(repositoryRoot, 'src/admin/components')
const target = path.join(repositoryRoot, 'dist/panel')

const files = {
  'panel.js': await bundle('entry.tsx', slimFrontend),
  'host-panel.js': await bundle('host-entry.tsx', fullFrontend),
  'panel.css': Buffer.concat([await source('views/theme.css'), await source('src/admin/components/panel.css')]),
  'icon.svg': await source('src/admin/components/icon.svg'),
}
await mkdir(path.dirname(target), { recursive: true })
const draft = await mkdtemp(`${target}-`)
const names = await Promise.all(Object.entries(files).map(([name, content]) => write(draft, name, content)))
await writeFile(path.join(draft, 'manifest.json'), JSON.stringify(Object.fromEntries(names), null, 2))
// Only its creator can read a temporary folder, but the server may run as another user.
await chmod(draft, 0o755)
await rm(target, { recursive: true, force: true })
await rename(draft, target)

async function bundle(entry, frontend) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(components, entry)],
    bundle: true,
    write: false,
    format: 'iife',
    minify: true,
    target: 'es2022',
    jsx: 'transform',
    mainFields: ['browser', 'module', 'main'],
    define: {
      'process.env.NODE_ENV': '"production"',
      'process.env.IS_BROWSER': 'true',
      'process.browser': 'true',
      'process.env': '{}',
      global: 'window',
      // AdminJS only passes it to bundles that it builds at run time.
      regeneratorRuntime: 'undefined',
    },
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [frontend],
  })
  // Two libraries find the global object by compiling text, which the Content-Security-Policy forbids.
  return Buffer.from(outputFiles[0].text.replace(/\b(new )?Function\("return this"\)\(\)/g, 'globalThis'))
}

function source(name) {
  return readFile(path.join(repositoryRoot, name))
}

async function write(folder, name, content) {
  const { name: base, ext } = path.parse(name)
  const hashed = `${base}.${createHash('sha256').update(content).digest('hex').slice(0, 12)}${ext}`
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  await Promise.all([
    writeFile(path.join(folder, hashed), content),
    writeFile(path.join(folder, `${hashed}.br`), await promisify(brotliCompress)(content, { params })),
    writeFile(path.join(folder, `${hashed}.gz`), await promisify(gzip)(content, { level: 9 })),
  ])
  return [name, hashed]
}
