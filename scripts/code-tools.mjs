import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { repositoryRoot } from './build-cache.mjs'

/**
 * The folder of the programs that need TypeScript's JavaScript API, which TypeScript 7 no longer has.
 * They have their own TypeScript (scripts/code-tools/package.json).
 */
export const codeTools = path.join(repositoryRoot, 'scripts/code-tools')

/** Runs one of these programs. Installs them first if they are missing or older than the lock file. Exits if a program fails. */
export function runCodeTool(file, args, options = {}) {
  if (!isInstalled()) run('npm', ['ci', '--prefix', codeTools, '--no-audit', '--no-fund', '--loglevel=error'])
  return run(process.execPath, [path.join(codeTools, 'node_modules', file), ...args], options)
}

function isInstalled() {
  const [installed, locked] = ['node_modules/.package-lock.json', 'package-lock.json'].map((file) =>
    path.join(codeTools, file),
  )
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs
}

/** Runs a command. Standard output belongs to the program, so npm prints to standard error. */
function run(command, args, { stdout = 'inherit' } = {}) {
  const options = {
    cwd: repositoryRoot,
    encoding: 'utf8',
    stdio: ['ignore', command === 'npm' ? 2 : stdout, 'inherit'],
  }
  const { status, stdout: printed } = spawnSync(command, args, { ...options, maxBuffer: 64 * 1024 * 1024 })
  if (status !== 0) process.exit(status ?? 1)
  return printed
}
