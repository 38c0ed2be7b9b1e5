import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

// The house of docs/architecture.md: a file imports from lower floors and from its own
// room, which is a folder or a file directly under src/. Rooms on one floor do not know
// each other, and files do not import each other in a circle.
const floors = [
  // Floor 0 of the house, in the order in which its small files stand on each other.
  ['clock', 'errors', 'fault-for-log', 'host-code', 'origin', 'printable', 'typed-text', 'within'],
  ['crypto', 'root', 'run-in-time', 'with-data-folder'],
  ['i18n', 'templates'],
  ['replace-texts'],
  ['config'],
  ['log', 'read-secret-keys'],
  ['db'],
  ['audit', 'http', 'notify'],
  ['otp'],
  ['auth'],
  ['account', 'admin'],
  ['kinds'],
  ['custom-kinds', 'listen', 'record-undelivered', 'seed', 'site', 'site-options', 'stop-on-signal', 'testing'],
  ['create-site', 'main'],
  // The command line starts main; the package's index is imported by nobody inside.
  ['cli', 'index'],
]

const statement = /^(?:import|export)\s+(?<type>type\s)?(?<names>[^'";]*?)\s*(?:from\s*)?'(?<target>\.[^']+)'/gm
const dynamic = /\bimport\(\s*'(?<target>\.[^']+)'\s*\)/g

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
const known = new Set(files)
const imports = new Map(files.map((file) => [file, importsOf(file)]))
const mistakes = [...files.flatMap(wrongDirections), ...circles()]
for (const mistake of mistakes) console.error(mistake)
if (mistakes.length > 0) process.exit(1)
console.log(`Imports: ${files.length} files, every one goes down the floors, no circle.`)

/** What one file imports from src/, and whether anything of it exists when the program runs. */
function importsOf(file) {
  const text = readFileSync(path.join('src', file), 'utf8')
  return [...text.matchAll(statement), ...text.matchAll(dynamic)].map(({ groups }) => ({
    target: sourceOf(path.join(path.dirname(file), groups.target)),
    typeOnly: Boolean(groups.type) || isTypesOnly(groups.names),
  }))
}

function isTypesOnly(names = '') {
  const inBraces = /^\{(?<list>[^}]*)\}$/s.exec(names.trim())?.groups.list
  return inBraces !== undefined && inBraces.split(',').every((name) => !name.trim() || name.trim().startsWith('type '))
}

function sourceOf(target) {
  const bare = target.replace(/\.(js|jsx|ts|tsx)$/, '')
  return [`${bare}.ts`, `${bare}.tsx`].find((file) => known.has(file)) ?? target
}

function roomOf(file) {
  return file.split(path.sep)[0].replace(/\.tsx?$/, '')
}

function floorOf(file) {
  return floors.findIndex((rooms) => rooms.includes(roomOf(file)))
}

function wrongDirections(file) {
  if (floorOf(file) === -1) return [`src/${file}: ${roomOf(file)} has no floor. Name it in .ci/check-imports.mjs.`]
  return imports
    .get(file)
    .filter(({ target }) => known.has(target) && roomOf(target) !== roomOf(file) && floorOf(target) >= floorOf(file))
    .map(({ target }) => `src/${file} must not import src/${target}: it is not on a lower floor.`)
}

/** Types alone may refer to each other: nothing of them is left when the program runs. */
function circles() {
  const done = new Set()
  const found = []
  const walk = (file, trail) => {
    if (trail.includes(file)) found.push([...trail.slice(trail.indexOf(file)), file])
    if (done.has(file) || trail.includes(file)) return
    for (const { target, typeOnly } of imports.get(file) ?? []) if (!typeOnly) walk(target, [...trail, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  return found.map((circle) => `Circle: ${circle.map((file) => `src/${file}`).join(' → ')}`)
}
