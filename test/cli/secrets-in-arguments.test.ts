import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { buildProgram, otpAdmin } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const EMAIL = 'ada@example.com'
const commands: [args: string[], secret: string][] = [
  [['create-user', '--email', 'grace@example.com', '--password-stdin'], 'four plain words here'],
  [['add-totp', '--user', EMAIL, '--key-stdin'], '3132333435363738393031323334353637383930'],
  [['add-hotp', '--user', EMAIL, '--name', 'Token', '--key-stdin'], '4142434445464748494a4b4c4d4e4f5051525354'],
  [['add-static-token', '--user', EMAIL, '--token-stdin'], 'abcdefghijklmnop'],
]

/** What every user of the machine can read about a process and its child processes. */
function visible(pid: number): string[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
    return [readFileSync(`/proc/${pid}/cmdline`, 'latin1'), ...children.flatMap(visible)]
  } catch {
    // It ended in the meantime.
    return []
  }
}

/** Everything that was visible from the start to the end. */
async function watch(child: ChildProcess, input: string): Promise<{ status: number | null; seen: Set<string> }> {
  const { pid, stdin } = child
  if (pid === undefined || !stdin) throw new Error('The program did not start.')
  const ended = once(child, 'exit')
  const seen = new Set(visible(pid))
  stdin.end(input)
  while (child.exitCode === null && child.signalCode === null) {
    for (const line of visible(pid)) seen.add(line)
    await turn()
  }
  await ended
  return { status: child.exitCode, seen }
}

describe.skipIf(process.platform !== 'linux')('a secret from standard input', () => {
  let folder: string
  beforeAll(async () => {
    buildProgram()
    folder = temporaryFolder('migrated')
    const made = await otpAdmin(['create-user', '--email', EMAIL], { DATA_DIR: folder })
    if (made.status !== 0) throw new Error(made.stderr)
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const start = (args: readonly string[]) => {
    const { PATH, HOME, TMPDIR } = process.env
    const env = { PATH, HOME, TMPDIR, DATA_DIR: folder }
    const program = path.join(packageRoot, 'bin/otp-admin.mjs')
    return spawn(process.execPath, [program, ...args], { env, cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] })
  }

  it.each(commands)('is in no list of processes: %j', async (args, secret) => {
    const { status, seen } = await watch(start(args), `${secret}\n`)
    expect(status).toBe(0)
    expect([...seen].some((line) => line.includes(args[0] ?? ''))).toBe(true)
    expect([...seen].filter((line) => line.includes(secret))).toEqual([])
  })

  it('would be there as an argument, so the test looks in the right place', async () => {
    const { seen } = await watch(start(['add-static-token', '--user', EMAIL, '--token', 'qrstuvwxyzabcdef']), '')
    expect([...seen].some((line) => line.includes('qrstuvwxyzabcdef'))).toBe(true)
  })
})

describe('an example in the documentation', () => {
  const files = [
    'README.md',
    'docker-compose.yml',
    'docker-compose.production.yml',
    ...readdirSync(path.join(packageRoot, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.startsWith('api'))
      .map((file) => path.join('docs', file)),
  ]
  const lines = files.flatMap((file) =>
    readFileSync(path.join(packageRoot, file), 'utf8')
      .split('\n')
      .map((line) => ({ file, line })),
  )

  it('passes no key, token or password as an argument', () => {
    const shown = lines.filter(({ line }) =>
      /(?:otp-admin|npx|docker|psql)\b.* --(?:key|token|password)[ =]/.test(line),
    )
    expect(shown).toEqual([])
  })

  it('passes no connection URL with a password as an argument', () => {
    const url = /\b(?:postgres(?:ql)?|smtps?):\/\/[^\s/:@]+:[^\s@]+@/
    // The shell itself sets a variable, and a file is not an argument.
    const isSet = /(?:^|[\s`|(])(?:export )?[A-Z_]+[=:]\s*\S*\b(?:postgres|smtp)/
    const isHint = /\?[^}]*\bfor example\b|^#/
    const shown = lines.filter(({ line }) => url.test(line) && !isSet.test(line) && !isHint.test(line))
    expect(shown).toEqual([])
  })

  it('exists, so that the tests above check something', () => {
    expect(lines.filter(({ line }) => /postgres:\/\/\S+:\S+@/.test(line)).length).toBeGreaterThan(1)
  })
})
