import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { buildProgram, startCommands } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const EMAIL = 'ada@example.com'
/** Every command that reads standard input, and the start of a valid input. */
const commands: [args: string, option: string, start: string][] = [
  ['create-user --email grace@example.com --password-stdin', 'password-stdin', 'four plain words here'],
  [`add-totp --user ${EMAIL} --key-stdin`, 'key-stdin', '3132333435363738393031323334353637383930'],
  [`add-hotp --user ${EMAIL} --name Token --key-stdin`, 'key-stdin', '4142434445464748494a4b4c4d4e4f5051525354'],
  [`add-static-token --user ${EMAIL} --token-stdin`, 'token-stdin', 'abcdefghijklmnop'],
]

describe('standard input', () => {
  const environment = { NODE_ENV: 'test', DATA_DIR: temporaryFolder('migrated') }
  let running: ReturnType<typeof startCommands>
  const run = async (args: string, input: string | Buffer = '') =>
    await running.run(args.split(' '), environment, input)
  beforeAll(async () => {
    buildProgram()
    running = startCommands()
    await run(`create-user --email ${EMAIL}`)
  }, 300_000)
  afterAll(() => {
    running.stop()
    rmSync(environment.DATA_DIR, { recursive: true, force: true })
  })

  it.each(commands)('is rejected if it is too long: %s', async (args, option, start) => {
    const rejected = await run(args, `${start}${'\n'.repeat(70_000)}`)
    expect(rejected).toEqual({ status: 2, stdout: '', stderr: `--${option}: must have at most 65536 bytes\n` })
  })

  it.each(commands)('is rejected if it is not UTF-8: %s', async (args, _option, start) => {
    const { status, stdout, stderr } = await run(args, Buffer.from(`${start}\xff`, 'latin1'))
    expect({ status, stdout }).toEqual({ status: args.startsWith('create-user') ? 1 : 2, stdout: '' })
    expect(stderr).toContain('UTF-8')
    expect(stderr).not.toContain(start)
  })

  it('is not read to its end if it has none', async () => {
    const program = path.join(packageRoot, 'dist/app/otp-admin.js')
    const { PATH, HOME, TMPDIR } = process.env
    const child = spawn(process.execPath, [program, 'add-totp', '--user', EMAIL, '--key-stdin'], {
      env: { PATH, HOME, TMPDIR, ...environment },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    const endless = Readable.from(repeat(Buffer.alloc(65_536, '3')))
    const sent = pipeline(endless, child.stdin).catch((error: unknown) => error)
    const [complaints, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    expect({ status, complaints }).toEqual({ status: 2, complaints: '--key-stdin: must have at most 65536 bytes\n' })
    expect(await sent).toMatchObject({ code: 'EPIPE' })
  })
})

function* repeat(bytes: Buffer): Generator<Buffer> {
  for (;;) yield bytes
}
