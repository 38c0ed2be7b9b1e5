import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isFresh, markBuilt, repositoryRoot, inputHash } from './build-cache.mjs'

// `node scripts/build.mjs [PART…]` builds dist/PART if it is missing or was built from other sources;
// `--fresh` removes it first. Without PART, it builds what running and testing need.
const parts = { app: buildApp, panel: buildPanel, browser: buildBrowser, lib: buildLib }

/**
 * Builds the parts that are stale. Messages go to standard error, because standard output belongs to
 * the command that runs afterwards.
 */
export async function build(names = ['app', 'panel', 'browser'], { fresh = false } = {}) {
  for (const name of names) {
    if (fresh) await rm(path.join(repositoryRoot, 'dist', name), { recursive: true, force: true })
    if (isFresh(name)) continue
    const hash = inputHash(name)
    const start = performance.now()
    await mkdir(path.join(repositoryRoot, 'dist'), { recursive: true })
    await parts[name]()
    markBuilt(name, hash)
    console.error(`Built dist/${name} in ${((performance.now() - start) / 1000).toFixed(1)} s.`)
  }
}

/** Builds the program: one file per command, started by bin/otp-admin.mjs. */
async function buildApp() {
  // Loaded here, so that the start of a program that is already built does not wait for the bundler.
  const [esbuild, { appBundle }] = await Promise.all([import('esbuild'), import('./app-bundle.mjs')])
  const { outputFiles } = await esbuild.build(appBundle())
  await replaceFiles(path.join(repositoryRoot, 'dist/app'), outputFiles)
}

/** Builds the files that the panel sends to browsers. */
async function buildPanel() {
  run(process.execPath, ['scripts/build-panel.mjs'])
}

/** Builds the scripts of the account pages: for security keys, and for custom kinds. */
async function buildBrowser() {
  const { default: esbuild } = await import('esbuild')
  const { outputFiles } = await esbuild.build({
    absWorkingDir: repositoryRoot,
    entryPoints: {
      webauthn: 'src/kinds/webauthn/browser/entry.ts',
      'kind-script': 'src/account/setup/browser/entry.ts',
    },
    outdir: 'dist/browser',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  })
  await replaceFiles(path.join(repositoryRoot, 'dist/browser'), outputFiles)
}

/** Builds the package: modules, and type declarations of the public names. */
async function buildLib() {
  if (!existsSync(path.join(repositoryRoot, 'src/index.ts'))) return
  const fresh = await mkdtemp(path.join(repositoryRoot, 'dist/.lib-'))
  run('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh])
  await rm(path.join(repositoryRoot, 'dist/lib'), { recursive: true, force: true })
  await rename(fresh, path.join(repositoryRoot, 'dist/lib'))
}

const HOUR_MS = 60 * 60 * 1000

/**
 * Writes every file under a temporary name and renames it, imported files first, so that a program
 * that starts during the build finds complete files. A chunk's name contains a hash of its content.
 * Chunks of earlier builds are removed after an hour, when processes that use them have loaded them.
 */
async function replaceFiles(folder, files) {
  await mkdir(folder, { recursive: true })
  const isEntry = (file) => !path.basename(file.path).startsWith('chunk-')
  for (const file of files.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
    const temporary = `${file.path}.${process.pid}`
    await writeFile(temporary, file.contents)
    await rename(temporary, file.path)
  }
  const written = new Set(files.map((file) => path.basename(file.path)))
  for (const name of await readdir(folder)) if (!written.has(name)) await removeOld(path.join(folder, name))
}

async function removeOld(file) {
  const { mtimeMs } = await stat(file)
  if (Date.now() - mtimeMs > HOUR_MS) await rm(file, { force: true })
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: repositoryRoot, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed.`)
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const names = process.argv.slice(2).filter((name) => name in parts)
  await build(names.length > 0 ? names : undefined, { fresh: process.argv.includes('--fresh') })
}
