import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { builtInKinds } from '../../src/kinds/index.js'
import { createProgram } from '../../src/cli/program.js'
import { packageRoot } from '../../src/package-root.js'
import { buildProgram, otpAdmin } from '../support/command-line.js'

const commands = [
  'serve',
  'migrate',
  'seed',
  'create-user',
  'add-static-token',
  'add-hotp',
  'add-totp',
  'invite',
  'unlock',
  'two-factor-status',
  'two-factor-disable',
  'rotate-keys',
]

beforeAll(buildProgram, 300_000)

describe('help', () => {
  it('names every command on standard output', async () => {
    const { status, stdout, stderr } = await otpAdmin(['--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const command of commands) expect(stdout).toContain(`  ${command} `)
  })

  it.each(['add-totp', 'add-hotp', 'add-static-token'])(
    'recommends standard input for the secret of %s',
    async (command) => {
      const { stdout } = await otpAdmin([command, '--help'])
      expect(stdout).toMatch(/--(key|token)-stdin\s.*\(\s*recommended/s)
    },
  )

  it('and the documents pass no secret as an argument', () => {
    const pages = ['README.md', ...readdirSync(path.join(packageRoot, 'docs')).map((name) => `docs/${name}`)]
    const texts = pages
      .filter((page) => page.endsWith('.md'))
      .map((page) => readFileSync(path.join(packageRoot, page), 'utf8'))
    expect(texts.join('\n')).not.toMatch(/otp-admin [^\n`]*--(key|token|password)[ =]|add-hotp --user E --key K/)
  })

  it.each(commands)('exists for %s', async (command) => {
    const { status, stdout, stderr } = await otpAdmin([command, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`Usage: otp-admin ${command}`)
  })
})

describe('a reader that closes standard output', () => {
  it('is not an error', () => {
    const program = path.join(packageRoot, 'dist/app/otp-admin.js')
    const script = `("$0" "${program}" --help; echo "ended with $?" >&2) | true`
    expect(spawnSync('sh', ['-c', script, process.execPath], { encoding: 'utf8' }).stderr).toBe('ended with 0\n')
  })
})

describe('wrong usage', () => {
  const wrong: [args: string[], says: string][] = [
    [[], 'Usage: otp-admin'],
    [['no-such-command'], "unknown command 'no-such-command'"],
    [['--no-such-option'], "unknown option '--no-such-option'"],
    [['create-user'], "required option '--email <E>' not specified"],
    [['create-user', '--email', 'a@example.com', 'more'], 'too many arguments'],
    [['add-static-token'], "required option '--user <E>' not specified"],
    [['add-totp', '--key', '00'.repeat(20)], "required option '--user <E>' not specified"],
    [['invite'], "required option '--user <E>' not specified"],
    [['unlock'], "required option '--user <E>' not specified"],
    [['two-factor-status'], "missing required argument 'E'"],
    [['two-factor-disable'], "missing required argument 'E'"],
    [['create-user', '--email', 'ada'], '--email: must be an email address such as ada@example.com'],
    [['create-user', '--email', `${'a'.repeat(250)}@example.com`], '--email: must have at most 254 characters'],
    [['create-user', '--email', 'a@example.com', '--name', 'a\u0007'], '--name: must have no control characters'],
    [['add-static-token', '--user', 'a@example.com', '--token', 'QQQQ-1'], '--token: must be 16 Base32 characters'],
    [['add-hotp', '--user', 'a@example.com', '--key', 'QQQQ'], '--key: must be 128 to 512 bits in hex or Base32'],
    ...['-1', '1.5', '+5', '1 000', '1e3', '0x10', '', '9'.repeat(16)].map((counter): [string[], string] => [
      ['add-hotp', '--user', 'a@example.com', '--key', '00'.repeat(20), `--counter=${counter}`],
      '--counter: must be a whole number',
    ]),
    [['add-totp', '--user', 'a@example.com', '--key', 'QQQQ'], '--key: must be 32 to 128 hexadecimal digits'],
    [['add-totp', '--user', 'a@example.com', '--key', '00'.repeat(15)], '--key: must be 32 to 128 hexadecimal digits'],
  ]

  it.each(wrong)('%j exits with 2 and says why', async (args, says) => {
    const { status, stdout, stderr } = await otpAdmin(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('QQQQ')
    expect(stderr).not.toMatch(/^ +at /m)
  })
})

describe('an option that takes one value', () => {
  const single = createProgram(builtInKinds).commands.flatMap((command) =>
    command.options
      .filter(({ required, long }) => required && long !== '--group')
      .map(({ long }) => [command.name(), long ?? ''] as const),
  )

  it.each(single)('%s rejects %s if it is passed twice, and repeats neither value', async (command, option) => {
    const { status, stdout, stderr } = await otpAdmin([command, option, 'QQQQ', option, 'PPPP'])
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: `${option}: must be given only once\n`,
    })
  })
})

describe.skipIf(!existsSync('/dev/full'))('standard output that cannot be written', () => {
  it('makes a command exit with 1 and one line', () => {
    const program = path.join(packageRoot, 'dist/app/otp-admin.js')
    const ended = spawnSync('sh', ['-c', `exec "$0" "${program}" --help > /dev/full`, process.execPath], {
      encoding: 'utf8',
    })
    expect(ended.status).toBe(1)
    expect(ended.stderr).toMatch(/^output_lost: .+\n$/)
  })
})

describe('an invalid configuration', () => {
  it.each(['serve', 'migrate', 'seed', 'two-factor-status a@example.com'])(
    'makes %s exit with 78 and a line for each mistake',
    async (command) => {
      const environment = { PORT: 'secret-value', LOG_LEVEL: 'secret-value', NODE_ENV: 'production' }
      const { status, stdout, stderr } = await otpAdmin(command.split(' '), environment)
      expect({ status, stdout }).toEqual({ status: 78, stdout: '' })
      expect(stderr.trimEnd().split('\n')).toEqual([
        expect.stringMatching(/^PORT: must be /),
        expect.stringMatching(/^LOG_LEVEL: must be /),
        expect.stringMatching(/^SECRET_KEYS: must be /),
      ])
      expect(stderr).not.toContain('secret-value')
    },
  )
})

describe('a database that does not answer', () => {
  it('is reported in one line, without the password', async () => {
    // Port 1 belongs to tcpmux, which is not running.
    const environment = { DATABASE_URL: 'postgres://otp:secret-value@127.0.0.1:1/otp', DATA_DIR: '/tmp' }
    const { status, stderr } = await otpAdmin(['migrate'], environment)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^database_unreachable: .+\n$/)
    expect(stderr).not.toContain('secret-value')
  })
})
