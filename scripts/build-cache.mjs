import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Path of the repository. */
export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url))

/**
 * The files and folders that each part of dist/ is built from, relative to the root. The lock file
 * represents everything in node_modules.
 */
const inputs = {
  app: [
    'src',
    'seeders',
    'scripts/build.mjs',
    'scripts/app-bundle.mjs',
    'scripts/slim-adminjs.mjs',
    'package-lock.json',
  ],
  panel: ['src/admin/components', 'views/theme.css', 'scripts/build-panel.mjs', 'scripts/panel', 'package-lock.json'],
  browser: ['src/kinds/webauthn/browser', 'src/account/setup/browser', 'scripts/build.mjs', 'package-lock.json'],
  lib: ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
}

/**
 * Hashes the content that a part is built from. Modification times do not work: git sets them when
 * it changes branches, and each change would cost a build of a minute. Hashing takes 30 ms.
 */
export function inputHash(part) {
  const hash = createHash('sha256')
  for (const input of inputs[part]) addTo(hash, path.join(repositoryRoot, input))
  return hash.digest('hex')
}

function addTo(hash, file) {
  if (!existsSync(file)) return
  if (statSync(file).isDirectory()) {
    for (const name of readdirSync(file).toSorted()) addTo(hash, path.join(file, name))
    return
  }
  hash.update(path.relative(repositoryRoot, file)).update('\0').update(readFileSync(file)).update('\0')
}

const stampPath = (part) => path.join(repositoryRoot, 'dist', `.${part}.hash`)

/** Whether the part was built from the current content. */
export function isFresh(part) {
  return existsSync(path.join(repositoryRoot, 'dist', part)) && readStamp(part) === inputHash(part)
}

function readStamp(part) {
  return existsSync(stampPath(part)) ? readFileSync(stampPath(part), 'utf8') : ''
}

/** Stores the hash of a part. It is written last, so that an interrupted build stays stale. */
export function markBuilt(part, hash) {
  mkdirSync(path.join(repositoryRoot, 'dist'), { recursive: true })
  writeFileSync(stampPath(part), hash)
}
