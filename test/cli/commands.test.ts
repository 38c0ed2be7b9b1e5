import { randomBytes } from 'node:crypto'
import { base32nopad } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { hashBackupToken, parseBackupToken } from '../../src/kinds/static/backup-token.js'
import { deviceModels } from '../support/device-models.js'
import { commandsOn, keys, places } from './commands-on.js'

const APP = 'insert into totp_devices (user_id, name, confirmed, confirmed_at, secret)'

describe.each(places)('on %s', (place) => {
  const { environment, otpAdmin, run, look, events, userOf, addUser } = commandsOn(place)

  it('migrate says that nothing is left to do', async () => {
    expect(await run('migrate')).toEqual({ status: 0, stdout: '', stderr: 'The database is up to date.\n' })
  })

  it('two-factor-status says disabled without a device', async () => {
    const [one, other] = [(await addUser()).email, (await addUser()).email.toUpperCase()]
    expect(await run(`two-factor-status ${one} ${other}`)).toEqual({
      status: 0,
      stdout: `${one}: disabled\n${other}: disabled\n`,
      stderr: '',
    })
  })

  it('add-static-token prints a token whose hash is stored, and the audit log records it', async () => {
    const user = await addUser()
    const { status, stdout } = await run(`add-static-token --user ${user.email.replace('user', 'User')}`)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}\n$/)
    const token = parseBackupToken(stdout)
    const rows = await look(async (database) => await deviceModels(database).StaticToken.findAll({ raw: true }))
    expect(rows.map((row) => row.token_hash)).toContain(token && hashBackupToken(keys, token))
    expect((await events()).at(-1)).toMatch(new RegExp(`^backup_token_added ${user.id} static/\\d+$`))
  })

  it('add-static-token accepts a given token in any grouping', async () => {
    const { email } = await addUser()
    const args = ['add-static-token', '--user', email, '--token', 'abcd efgh-ijklmnop']
    expect(await otpAdmin(args, environment)).toMatchObject({ status: 0, stdout: 'abcd efgh-ijklmnop\n' })
    const token = parseBackupToken('ABCDEFGHIJKLMNOP')
    const rows = await look(async (database) => await deviceModels(database).StaticToken.findAll({ raw: true }))
    expect(rows.map((row) => row.token_hash)).toContain(token && hashBackupToken(keys, token))
  })

  it('add-totp prints the otpauth URI on the first line, then a QR code, and encrypts the secret', async () => {
    const key = randomBytes(20)
    const { id: user_id, email } = await addUser()
    const { status, stdout } = await run(`add-totp --user ${email} --key ${key.toString('hex')}`)
    expect(status).toBe(0)
    const [uri = '', ...picture] = stdout.trimEnd().split('\n')
    expect(new URL(uri).searchParams.get('secret')).toBe(base32nopad.encode(key))
    expect(picture.length).toBeGreaterThan(15)
    expect(picture.every((line) => /^[█▀▄ ]+$/.test(line))).toBe(true)
    const rows = await look(
      async (database) => await deviceModels(database).TotpDevice.findAll({ where: { user_id }, raw: true }),
    )
    const opened = rows.map((row) => keys.open(row.secret, { column: 'totp_devices.secret', id: row.id }))
    expect(opened).toEqual([key])
    expect(rows).toMatchObject([{ confirmed: true }])
  })

  it('add-hotp accepts the key of a hardware token, prints its ID, and encrypts the secret', async () => {
    const key = randomBytes(20)
    const { id: user_id, email } = await addUser()
    const { status, stdout } = await run(`add-hotp --user ${email} --key ${base32nopad.encode(key)} --counter 7`)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^hotp\/\d+\n$/)
    const rows = await look(
      async (database) => await deviceModels(database).HotpDevice.findAll({ where: { user_id }, raw: true }),
    )
    expect(rows).toMatchObject([{ name: 'Hardware token', confirmed: true, digits: 6, counter: '7' }])
    const opened = rows.map((row) => keys.open(row.secret, { column: 'hotp_devices.secret', id: row.id }))
    expect(opened).toEqual([key])
  })

  it('add-totp and add-hotp reject another device of a kind of which the user has 20, and add nothing', async () => {
    const { id, email } = await addUser()
    for (const kind of ['totp', 'hotp'])
      await look(({ pool }) =>
        pool.query(
          `insert into ${kind}_devices (user_id, name, confirmed, confirmed_at, secret)
          select $1, 'x', true, now(), 'x' from generate_series(1, 20)`,
          [id],
        ),
      )
    const before = await events()
    for (const kind of ['totp', 'hotp']) {
      const rejected = await run(`add-${kind} --user ${email} --key-stdin`, `${randomBytes(20).toString('hex')}\n`)
      expect(rejected).toMatchObject({ status: 1, stdout: '' })
      expect(rejected.stderr).toBe(
        `too_many_devices: The user already has 20 devices of the kind "${kind}". Remove one of them first.\n`,
      )
    }
    expect(await events()).toEqual(before)
    expect((await run(`add-static-token --user ${email}`)).status).toBe(0)
  })

  describe('a secret from standard input', () => {
    const key = randomBytes(20)
    const commands: [command: string, option: string, secret: string, prints: RegExp][] = [
      ['add-totp', 'key', key.toString('hex'), new RegExp(`secret=${base32nopad.encode(key)}`)],
      ['add-hotp', 'key', base32nopad.encode(key), /^hotp\/\d+\n$/],
      ['add-static-token', 'token', 'qrst uvwx-yzab2345', /^qrst uvwx-yzab2345\n$/],
    ]

    it.each(commands)(
      '%s reads one, and warns about one passed as an argument',
      async (command, option, secret, prints) => {
        const args = [command, '--user', (await addUser()).email]
        const piped = await otpAdmin([...args, `--${option}-stdin`], environment, `${secret}\n`)
        expect(piped).toMatchObject({ status: 0, stderr: '' })
        expect(piped.stdout).toMatch(prints)
        const other = [command, '--user', (await addUser()).email]
        const given = await otpAdmin([...other, `--${option}`, secret], environment)
        expect(given.status).toBe(0)
        expect(given.stdout).toMatch(prints)
        expect(given.stderr).toMatch(new RegExp(`^Warning: .*--${option}-stdin`))
        expect(given.stderr).not.toContain(secret)
      },
    )

    it.each(commands)('%s exits with 2 if it is empty, invalid or passed twice', async (command, option, secret) => {
      const args = [command, '--user', (await addUser()).email, `--${option}-stdin`]
      for (const input of ['', '\n', 'QQQQ-1'])
        expect(await otpAdmin(args, environment, input)).toMatchObject({ status: 2, stdout: '' })
      const twice = await otpAdmin([...args, `--${option}`, secret], environment, secret)
      expect(twice).toMatchObject({ status: 2, stdout: '' })
    })
  })

  it('two-factor-status prints no escape sequence and no line break from an argument', async () => {
    const { email } = await addUser()
    const args = ['two-factor-status', `${email}\u200b\r\n`, '\u001b[31mnobody@example.com\u202e']
    const { status, stdout, stderr } = await otpAdmin(args, environment)
    expect(status).toBe(1)
    expect(stdout).toMatch(new RegExp(`^${email}\u200b\\\\u000d\\\\n: disabled\n$`))
    expect(stderr).toMatch(/^unknown_user: [^\n]*\\u001b\[31mnobody@example\.com\\u202e[^\n]*\n$/)
  })

  it('two-factor-status says enabled with one, and names unknown users last', async () => {
    const { email } = await addUser()
    await run(`add-static-token --user ${email}`)
    const { status, stdout, stderr } = await run(`two-factor-status nobody@example.com ${email}`)
    expect({ status, stdout }).toEqual({ status: 1, stdout: `${email}: enabled\n` })
    expect(stderr).toMatch(/^unknown_user: .*nobody@example\.com.*\n$/)
  })

  it('invite prints only a link, stores its hash, and the audit log records it', async () => {
    const { id, email } = await addUser()
    const { status, stdout, stderr } = await run(`invite --user ${email.toUpperCase()}`)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^http:\/\/localhost:3000\/account\/invitation\/[\w-]{43}\n$/)
    expect(status).toBe(0)
    const { rows } = await look(({ pool }) =>
      pool.query('select purpose, token_hash from one_time_links where user_id = $1', [id]),
    )
    expect(rows).toEqual([
      { purpose: 'invitation', token_hash: keys.hash('one_time_links', stdout.trim().split('/').at(-1) ?? '') },
    ])
    expect((await events()).at(-1)).toMatch(/^invitation_made /)
  })

  it('invite says why it prints no link', async () => {
    const { email } = await addUser()
    const withoutPort = await otpAdmin(['invite', '--user', email], { ...environment, PORT: '0' })
    expect(withoutPort).toMatchObject({ status: 1, stdout: '' })
    expect(withoutPort.stderr).toMatch(/^no_base_url: .*BASE_URL/)
  })

  it.each(['add-static-token --user', 'add-totp --user', 'invite --user', 'unlock --user'])(
    '%s rejects an unknown user',
    async (command) => {
      const { status, stdout, stderr } = await run(`${command} nobody@example.com`)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/^unknown_user: .*nobody@example\.com.*\n$/)
    },
  )

  it('two-factor-disable changes nothing if one user is unknown', async () => {
    const { email } = await addUser()
    await run(`add-static-token --user ${email}`)
    const before = await events()
    const { status, stderr } = await run(`two-factor-disable ${email} nobody@example.com`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^unknown_user: .+\n$/)
    expect(await run(`two-factor-status ${email}`)).toMatchObject({ stdout: `${email}: enabled\n` })
    expect(await events()).toEqual(before)
  })

  it('two-factor-disable removes every device, confirmed or not, and ends the sessions', async () => {
    const [one, other] = [await addUser(), await addUser()]
    const ids = [one.id, other.id]
    const before = await userOf(one.email)
    await look(async (database) => {
      await deviceModels(database).StaticDevice.create({ user_id: one.id, name: 'unfinished', confirmed: false })
    })
    await run(`add-static-token --user ${one.email}`)
    await run(`add-totp --user ${other.email}`)
    await run(`add-hotp --user ${other.email} --key ${randomBytes(20).toString('hex')}`)
    const { status, stdout } = await run(`two-factor-disable ${one.email} ${other.email}`)
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    const where = { user_id: ids }
    const left = await look(async (database) => [
      await deviceModels(database).StaticDevice.count({ where }),
      await deviceModels(database).TotpDevice.count({ where }),
      await deviceModels(database).HotpDevice.count({ where }),
    ])
    expect(left).toEqual([0, 0, 0])
    expect((await userOf(one.email))?.auth_epoch).toBeGreaterThan(before?.auth_epoch ?? Infinity)
    const removed = (await events()).filter((line) => ids.some((id) => line.startsWith(`device_removed ${id} `)))
    expect(removed).toHaveLength(4)
  })

  it.each(['unlock --user', 'invite --user', 'add-static-token --user', 'two-factor-disable'])(
    '%s ends the locks and throttling of a user and of all their devices',
    async (command) => {
      const { id, email } = await addUser()
      await look(async ({ pool }) => {
        await pool.query('update users set token_failed_at = array_fill(now(), array[10]) where id = $1', [id])
        const device = `insert into totp_devices (user_id, name, confirmed, secret, failure_count, failed_at)
          values ($1, 'App', true, 'sealed', 9, now())`
        await pool.query(device, [id])
      })
      expect((await run(`${command} ${email}`)).status).toBe(0)
      const left = await look(async ({ pool }) => {
        const sql = `select u.token_failed_at, d.failure_count, d.failed_at from users u
          left join totp_devices d on d.user_id = u.id where u.id = $1`
        return (await pool.query(sql, [id])).rows
      })
      const device = command === 'two-factor-disable' ? { failure_count: null } : { failure_count: 0 }
      expect(left).toEqual([{ token_failed_at: [], failed_at: null, ...device }])
      expect(await events()).toContainEqual(expect.stringMatching(`^user_unlocked ${id} `))
    },
  )

  const obstacles: [help: string, sql: string, expected: RegExp][] = [
    ['unlock', 'update users set is_active = false where id = $1', /is deactivated and cannot sign in/],
    ['unlock', 'update users set password_hash = null where id = $1', /has no password yet/],
    ['unlock', `${APP} values ($1, 'App', false, now(), 'sealed')`, /cannot sign in with any of them/],
    ['invite', `${APP} values ($1, 'App', true, now(), 'sealed')`, /the link asks for a code from them first/],
    ['unlock', 'update users set is_staff = true where id = $1', /needs an invitation or a backup token/],
    ['two-factor-disable', 'update users set is_staff = true where id = $1', /needs an invitation or a backup token/],
    ['add-static-token', 'update users set is_active = false where id = $1', /is deactivated/],
    ['add-totp', 'update users set is_active = false where id = $1', /is deactivated/],
    ['add-static-token', 'update users set is_staff = true where id = $1', /^$/],
    ['add-totp', 'update users set is_staff = true where id = $1', /^$/],
    ['invite', 'update users set is_staff = true where id = $1', /^$/],
  ]
  it.each(obstacles)('%s prints what else prevents a sign-in, after %s', async (command, sql, expected) => {
    const { id, email } = await addUser()
    await look(({ pool }) => pool.query(sql, [id]))
    const args = command === 'two-factor-disable' ? [command, email] : [command, '--user', email]
    const { status, stderr } = await otpAdmin(args, { ...environment, OTP_ENROLMENT: 'invite' })
    const lines = stderr.split('\n').filter((line) => line.startsWith(`${email} `) && !line.includes('locked'))
    expect({ status, output: lines.join('\n') }).toEqual({ status: 0, output: expect.stringMatching(expected) })
  })

  it('add-totp ends the locks of its owner, so that the new device can be used at once', async () => {
    const { id, email } = await addUser()
    await look(({ pool }) =>
      pool.query('update users set token_failed_at = array_fill(now(), array[10]) where id = $1', [id]),
    )
    expect((await run(`add-totp --user ${email}`)).status).toBe(0)
    expect(await events()).toContainEqual(expect.stringMatching(`^user_unlocked ${id} `))
  })

  it('unlock says that a deactivated user still cannot sign in', async () => {
    const { id, email } = await addUser()
    await look(({ pool }) => pool.query('update users set is_active = false where id = $1', [id]))
    const { status, stderr } = await run(`unlock --user ${email}`)
    expect(status).toBe(0)
    expect(stderr).toContain(`${email} is deactivated`)
  })

  it('seed is rejected in production', async () => {
    const { status, stdout, stderr } = await otpAdmin(['seed'], { ...environment, NODE_ENV: 'production' })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^seed_in_production: .+\n$/)
  })
})
