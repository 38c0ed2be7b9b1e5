import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/db/connect.js'
import { buildProgram, type CommandResult, otpAdmin } from '../support/command-line.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// What the commands do is in commands.test.ts. There, a server has the database open; here, nothing has.
describe('without a server, every command opens the embedded database and closes it', () => {
  beforeAll(() => buildProgram(), 300_000)

  it('so that the next one finds what it wrote', async () => {
    const folder = temporaryFolder('new')
    const environment = { NODE_ENV: 'test', SECRET_KEYS: randomBytes(32).toString('base64'), DATA_DIR: folder }
    const run = async (args: string, input?: string): Promise<CommandResult> =>
      await otpAdmin(args.split(' '), environment, input)
    const secret = randomBytes(20).toString('hex')
    const steps: [args: string, prints: RegExp, input?: string][] = [
      ['migrate', /^0001-/],
      ['create-user --email eve@example.com --password-stdin', /^$/, 'correct horse battery\n'],
      ['two-factor-status eve@example.com', /^eve@example\.com: disabled\n$/],
      ['add-static-token --user eve@example.com', /^[A-Z2-7-]{19}\n$/],
      ['add-totp --user eve@example.com --key-stdin', /^otpauth:\/\/totp\//, `${secret}\n`],
      ['add-hotp --user eve@example.com --key-stdin', /^hotp\/\d+\n$/, `${secret}\n`],
      ['two-factor-status eve@example.com', /^eve@example\.com: enabled\n$/],
      ['invite --user eve@example.com', /^http:\/\/localhost:3000\/account\/invitation\/[\w-]{43}\n$/],
      ['unlock --user eve@example.com', /^$/],
      ['two-factor-disable eve@example.com', /^$/],
      ['two-factor-status eve@example.com', /^eve@example\.com: disabled\n$/],
    ]
    for (const [args, prints, input] of steps) {
      const { status, stdout } = await run(args, input)
      expect([args, status, stdout]).toEqual([args, 0, expect.stringMatching(prints)])
    }
    expect(await run('create-user --email EVE@example.com')).toMatchObject({ status: 1, stdout: '' })
    expect(await run('invite --user nobody@example.com')).toMatchObject({ status: 1, stdout: '' })
    const database = await connectDatabase(testConfig(environment))
    const events = await database.models.AuditEvent.findAll({ order: ['id'], raw: true })
    await database.close()
    expect(events.map(({ event }) => event)).toEqual([
      'user_created',
      'backup_token_added',
      'device_added',
      'device_added',
      'invitation_made',
      'device_removed',
      'device_removed',
      'device_removed',
    ])
  })
})
