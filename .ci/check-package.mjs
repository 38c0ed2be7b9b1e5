// Packs the package, installs it in an empty project with npm, and uses it from JavaScript, from
// TypeScript and on the command line.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const project = mkdtempSync(path.join(tmpdir(), 'otp-admin-site-consumer-'))
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], root))
  const { devDependencies, peerDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const versions = (names) => Object.fromEntries(names.map((name) => [name, devDependencies[name]]))
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { 'otp-admin-site': `file:${packed.filename}`, express: '^5.0.0', ...peerDependencies },
    devDependencies: versions(['@types/express', '@types/node', 'typescript']),
  }
  writeFileSync(path.join(project, 'package.json'), JSON.stringify(manifest))
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])

  copyFileSync(path.join(root, '.ci/consumer/use-package.js'), path.join(project, 'use-package.js'))
  process.stdout.write(run(process.execPath, ['use-package.js']))

  copyFileSync(path.join(root, '.ci/consumer/require-package.cjs'), path.join(project, 'require-package.cjs'))
  process.stdout.write(run(process.execPath, ['require-package.cjs']))

  const types = readFileSync(path.join(root, 'test/types/public-names.ts'), 'utf8')
  writeFileSync(path.join(project, 'types.ts'), types.replaceAll('../../src/index.js', 'otp-admin-site'))
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck']
  run('npx', [
    'tsc',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    ...strict,
    'types.ts',
  ])
  run('npx', [
    'tsc',
    '--noEmit',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--target',
    'es2023',
    '--types',
    'node',
    ...strict,
    'types.ts',
  ])
  console.log('The package works from TypeScript, for Node and for bundlers.')

  if (!run('npx', ['otp-admin', '--help']).includes('create-user'))
    throw new Error('otp-admin --help does not list create-user.')
  console.log(`${packed.filename}: ${packed.entryCount} files, ${Math.round(packed.size / 1024)} kB.`)
} finally {
  rmSync(project, { recursive: true, force: true })
}
