import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { root } from './staleness.mjs'

// `npm run docs:api [-- FOLDER]` writes docs/api from the docstrings of the public names. TypeDoc
// and the TypeScript that it needs live in scripts/typedoc, and are installed when they are missing.
const home = path.join(root, 'scripts/typedoc')
const target = path.resolve(process.argv[2] ?? path.join(root, 'docs/api'))

if (!existsSync(path.join(home, 'node_modules'))) run('npm', ['ci', '--prefix', home, '--no-audit', '--no-fund'])
rmSync(target, { recursive: true, force: true })
const typedoc = path.join(home, 'node_modules/typedoc/bin/typedoc')
run(process.execPath, [typedoc, '--options', path.join(home, 'typedoc.json'), '--out', target, '--logLevel', 'Warn'])

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) process.exit(status ?? 1)
}
