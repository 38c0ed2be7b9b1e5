import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import chromium from '@sparticuz/chromium'
import { build } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { connectDatabase } from '../src/db/connect.js'
import { migrate } from '../src/db/migrate.js'
import { packageRoot } from '../src/package-root.js'
import { testConfig } from './support/config.js'
import { databaseUrl, runSql, startPostgres } from './support/start-postgres.js'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string | undefined
    postgresTemplate: string
    embeddedTemplates: string
    chromium: string
  }
}

const cache = path.join(packageRoot, 'node_modules', '.cache', 'otp-admin-site')

/** Prepares what all tests copy from: the embedded worker, and a migrated database of each kind. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('chromium', await unpackChromium())
  const temporary = temporaryRoot()
  await buildWorker()
  execFileSync(process.execPath, [path.join(packageRoot, 'scripts/build-slim-adminjs.mjs')], { stdio: 'inherit' })
  execFileSync(process.execPath, [path.join(packageRoot, 'scripts/build.mjs'), 'browser'], { stdio: 'inherit' })
  project.provide('embeddedTemplates', await embeddedTemplates())
  const cluster = process.env.TEST_DATABASE_URL ? undefined : await startPostgres()
  const url = process.env.TEST_DATABASE_URL ?? cluster?.url
  const template = `otp_template_${process.pid}`
  project.provide('postgresUrl', url)
  project.provide('postgresTemplate', template)
  if (url) await createTemplate(url, template)
  else process.stdout.write('Tests on PostgreSQL are skipped: install PostgreSQL 13+ or set TEST_DATABASE_URL.\n')
  return async () => {
    if (cluster) await cluster.stop()
    else if (url) await runSql(url, `drop database ${template}`)
    // Chromium removes its own files a moment after it has exited.
    const names = readdirSync(temporary).filter((name) => !name.startsWith('.org.chromium.'))
    const left = names.toSorted((one, other) => one.localeCompare(other))
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })
    rejectLeftovers(left)
  }
}

/**
 * Fails the run if tests did not remove their own files. Vitest only prints what is thrown here.
 *
 * @param names what is left in the temporary folder of this run
 */
function rejectLeftovers(names: readonly string[]): void {
  if (names.length === 0) return
  process.stderr.write(`\nTests left files in the temporary folder of this run: ${names.join(', ')}\n`)
  process.exitCode = 1
}

/** One folder for everything that a run writes to the temporary folder: profiles, data folders, clusters. It is removed after the run. */
function temporaryRoot(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'otp-run-'))
  // PostgreSQL runs as another account if the tests run as root.
  chmodSync(folder, 0o755)
  process.env['TMPDIR'] = folder
  return folder
}

/**
 * Unpacks the Chromium of the development dependencies into the cache once, under another name
 * first. It would unpack itself into the temporary folder, and two that do so at once fail.
 *
 * @returns its path
 */
async function unpackChromium(): Promise<string> {
  const source = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const folder = path.join(
    cache,
    `chromium-${createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)}`,
  )
  if (!existsSync(path.join(folder, 'chromium'))) {
    mkdirSync(cache, { recursive: true })
    const draft = mkdtempSync(path.join(cache, 'chromium-draft-'))
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = draft
    await chromium.executablePath()
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    if (existsSync(folder)) rmSync(draft, { recursive: true })
    else renameSync(draft, folder)
  }
  return path.join(folder, 'chromium')
}

/** A worker thread cannot run TypeScript on Node 20. Renamed into place, since another run may be starting one. */
async function buildWorker(): Promise<void> {
  const outfile = path.join(packageRoot, 'dist/app/embedded-worker.js')
  const draft = `${outfile}.${process.pid}`
  await build({
    entryPoints: [path.join(packageRoot, 'src/db/embedded/worker.ts')],
    outfile: draft,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  renameSync(draft, outfile)
}

async function createTemplate(server: string, name: string): Promise<void> {
  await runSql(server, `create database ${name} template template0`)
  const database = await connectDatabase(testConfig({ DATABASE_URL: databaseUrl(server, name) }))
  await migrate(database)
  await database.close()
}

/**
 * Data folders `new`, without a table, and `migrated`. They are kept between runs, since creating them
 * takes seconds. A changed migration or dependency creates new ones.
 */
async function embeddedTemplates(): Promise<string> {
  const sources = path.join(packageRoot, 'src/db/migrations')
  const others = [import.meta.filename, path.join(packageRoot, 'package-lock.json')]
  const files = [...readdirSync(sources).map((file) => path.join(sources, file)), ...others]
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  const folder = path.join(cache, `embedded-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(path.join(cache, 'draft-'))
  await makeTemplates(draft)
  // Two runs can get here at the same moment. The first one's folder stays.
  if (existsSync(folder)) rmSync(draft, { recursive: true })
  else renameSync(draft, folder)
  return folder
}

/** Created in the temporary folder first, since the path of a socket must be short. */
async function makeTemplates(target: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'otp-'))
  const config = testConfig({ DATA_DIR: folder })
  await (await connectDatabase(config)).close()
  cpSync(folder, path.join(target, 'new'), { recursive: true })
  const database = await connectDatabase(config)
  await migrate(database)
  await database.close()
  cpSync(folder, path.join(target, 'migrated'), { recursive: true })
  rmSync(folder, { recursive: true })
}
