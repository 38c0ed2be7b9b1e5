import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withDataFolder } from '../../src/with-data-folder.js'
import { buildProgram, otpAdmin } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const commands = [
  'serve',
  'migrate',
  'seed',
  'rotate-keys',
  'create-user --email a@example.com',
  'add-static-token --user a@example.com',
  'add-hotp --user a@example.com --key-stdin',
  'add-totp --user a@example.com',
  'invite --user a@example.com',
  'unlock --user a@example.com',
  'two-factor-status a@example.com',
  'two-factor-disable a@example.com',
]

/** For a hardware token. The other commands do not read it. */
const KEY = '3132333435363738393031323334353637383930'

beforeAll(buildProgram, 300_000)

describe('a data folder that cannot be used', () => {
  let folder: string
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it.each(commands)('makes %s exit with 1 and one line if a file is in its place', async (command) => {
    const file = path.join(folder, 'data')
    writeFileSync(file, 'mine')
    const { status, stdout, stderr } = await otpAdmin(command.split(' '), { DATA_DIR: file, PORT: '0' }, KEY)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(
      `data_dir_not_usable: The data folder ${file} cannot be used: a file is in its place. ` +
        'Run this as the user who owns the folder, or set DATA_DIR to one that this user can write to.\n',
    )
    expect([readdirSync(folder), readFileSync(file, 'utf8')]).toEqual([['data'], 'mine'])
  })

  it.each(['serve', 'unlock --user a@example.com'])(
    'makes %s exit with 1 if its database is damaged, and leaves the folder free',
    async (command) => {
      mkdirSync(path.join(folder, 'postgres'))
      writeFileSync(path.join(folder, 'postgres/PG_VERSION'), 'garbage')
      const { status, stdout, stderr } = await otpAdmin(command.split(' '), { DATA_DIR: folder, PORT: '0' })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/^embedded_database_unreadable: The embedded database in .+ cannot be opened .+\n$/m)
      expect(stderr).not.toMatch(/^ +at /m)
      expect(readdirSync(folder)).not.toContain('server.pid')
    },
  )

  it.each(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EEXIST', 'ENOTDIR', 'ENOENT'])(
    'is named after %s',
    (code) => {
      const fail = () => {
        throw Object.assign(new Error('from the system'), { code })
      }
      expect(() => withDataFolder('/data', fail)).toThrow(/^The data folder \/data cannot be used: [a-z -]+\.$/)
    },
  )

  it('is not blamed for another error', () => {
    const mistake = new TypeError('a mistake')
    const fail = () => {
      throw mistake
    }
    expect(() => withDataFolder('/data', fail)).toThrow(mistake)
  })
})
