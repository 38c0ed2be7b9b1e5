import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * What each part of dist/ is made from, relative to the root. The lock file stands for
 * everything in node_modules.
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
  browser: ['src/kinds/webauthn/browser', 'scripts/build.mjs', 'package-lock.json'],
  lib: ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
}

/**
 * The content that the named part must be built from, as one hash. Times of change would not do:
 * git sets them whenever it changes branches, and each of those would cost a build of a minute.
 * Hashing everything takes 30 ms of a start.
 */
export function wanted(part) {
  const hash = createHash('sha256')
  for (const input of inputs[part]) addTo(hash, path.join(root, input))
  return hash.digest('hex')
}

function addTo(hash, place) {
  if (!existsSync(place)) return
  if (statSync(place).isDirectory()) {
    for (const name of readdirSync(place).toSorted()) addTo(hash, path.join(place, name))
    return
  }
  hash.update(path.relative(root, place)).update('\0').update(readFileSync(place)).update('\0')
}

const stampOf = (part) => path.join(root, 'dist', `.${part}.hash`)

/** Whether the part was built from just this content. */
export function isFresh(part) {
  return existsSync(path.join(root, 'dist', part)) && readStamp(part) === wanted(part)
}

function readStamp(part) {
  return existsSync(stampOf(part)) ? readFileSync(stampOf(part), 'utf8') : ''
}

/** Written last: a build that was broken off stays stale. */
export function markBuilt(part, hash) {
  mkdirSync(path.join(root, 'dist'), { recursive: true })
  writeFileSync(stampOf(part), hash)
}
