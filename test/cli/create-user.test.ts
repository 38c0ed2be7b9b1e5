import { describe, expect, it } from 'vitest'
import { verifyPassword } from '../../src/crypto/hash-password.js'
import { commandsOn, places } from './commands-on.js'

describe.each(places)('on %s', (place) => {
  const { environment, otpAdmin, run, look, events, userOf, addUser } = commandsOn(place)

  it('create-user prints only a generated password, and it works', async () => {
    const { status, stdout, stderr } = await run('create-user --email Eve@Example.com --staff')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^\S{16,}\n$/)
    const user = await userOf('eve@example.com')
    expect(user).toMatchObject({ name: '', is_staff: true, is_superuser: false, is_active: true })
    expect(await verifyPassword(user?.password_hash ?? null, stdout.trimEnd())).toBe(true)
    expect(await events()).toContain(`user_created ${user?.id} null`)
  })

  it('create-user reads a password from standard input and drops one newline', async () => {
    const input = ' pass word \n\n'
    const args = ['create-user', '--email', 'sam@example.com', '--name', 'Sam Ä', '--superuser', '--password-stdin']
    expect(await otpAdmin(args, environment, input)).toEqual({ status: 0, stdout: '', stderr: '' })
    const user = await userOf('sam@example.com')
    expect(user).toMatchObject({ name: 'Sam Ä', is_staff: true, is_superuser: true })
    expect(await verifyPassword(user?.password_hash ?? null, ' pass word \n')).toBe(true)
  })

  it('create-user rejects a short password and creates no user', async () => {
    const { status, stdout, stderr } = await run('create-user --email short@example.com --password-stdin', '1234567\n')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^password_refused: .+\n$/)
    expect(await userOf('short@example.com')).toBeNull()
  })

  const refused: [what: string, password: string, says: RegExp][] = [
    ['a short one', '1234567', /short/],
    ['one that is too long', 'x'.repeat(1025), /1,024/],
    ['a common one', 'password1', /guessed first|common/],
    ['a common one in capitals', 'PASSWORD1', /guessed first|common/],
    ['the email address', 'weak@example.com', /address/],
    ['the first half of the email address', 'a.weak.one', /address/],
    ['the name of the site', 'OTP Admin', /name of this site/],
    ['one with a NUL', 'correct\0horse battery', /NUL/],
  ]
  it.each(refused)('create-user rejects %s, as the pages do, and says why', async (_what, password, says) => {
    const email = password.includes('@') ? password : 'a.weak.one@example.com'
    const { status, stdout, stderr } = await run(`create-user --email ${email} --password-stdin`, `${password}\n`)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^password_refused: .+\n$/)
    expect(stderr).toMatch(says)
    expect(stderr).not.toContain(`${password}\n`)
    expect(await userOf(email)).toBeNull()
  })

  it('create-user --invite sets no password and prints only a link', async () => {
    const { status, stdout, stderr } = await run('create-user --email ivy@example.com --staff --invite')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^http:\/\/localhost:3000\/account\/invitation\/[\w-]{43}\n$/)
    expect(await userOf('ivy@example.com')).toMatchObject({ password_hash: null, is_staff: true })
  })

  it('create-user --group adds to groups, or creates nobody if one does not exist', async () => {
    await look(({ models }) => models.Group.bulkCreate([{ name: 'Night shift' }, { name: 'Day shift' }]))
    const into = ['--group', 'Night shift', '--group', 'Day shift']
    const args = (email: string, more: string[]) => ['create-user', '--email', email, ...into, ...more]
    const unknown = await otpAdmin(args('gil@example.com', ['--group', 'Nobodies']), environment)
    expect(unknown).toMatchObject({ status: 1, stdout: '' })
    expect(unknown.stderr).toMatch(/^unknown_group: .*Nobodies/)
    expect(await userOf('gil@example.com')).toBeNull()
    expect((await otpAdmin(args('gil@example.com', []), environment)).status).toBe(0)
    const user = await userOf('gil@example.com')
    const member = `select g.name from user_groups m join groups g on g.id = m.group_id where m.user_id = $1 order by 1`
    const { rows } = await look(({ pool }) => pool.query(member, [user?.id]))
    expect(rows).toEqual([{ name: 'Day shift' }, { name: 'Night shift' }])
    expect((await events()).filter((line) => line === `member_added ${user?.id} null`)).toHaveLength(2)
  })

  it('create-user rejects an email address that is taken, in any case', async () => {
    const { email } = await addUser()
    const before = await events()
    const { status, stdout, stderr } = await run(`create-user --email ${email.toUpperCase()}`)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^user_exists: .+\n$/)
    expect(await events()).toEqual(before)
  })

  it('create-user and every --user read an email address by the rule of the pages', async () => {
    const created = await otpAdmin(['create-user', '--email', 'Ada <rule@Zürich.example>'], environment)
    expect(created.status).toBe(0)
    expect(await userOf('rule@xn--zrich-kva.example')).not.toBeNull()
    for (const typed of ['mailto:rule@zürich.example', 'rule＠zürich.example', 'rule@xn--zrich-kva.example\u200b']) {
      const { status, stdout } = await otpAdmin(['two-factor-status', typed], environment)
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${typed}: disabled\n` })
    }
    for (const typed of ['ada@127.0.0.1', '"ada lovelace"@example.com', 'ada..l@example.com'])
      expect(await otpAdmin(['create-user', '--email', typed], environment)).toMatchObject({ status: 2 })
  })

  it('create-user accepts a password in any Unicode form, and rejects one that no page could send', async () => {
    const email = 'typed@example.com'
    const create = (input: string | Buffer) =>
      otpAdmin(['create-user', '--email', email, '--password-stdin'], environment, input)
    const { status, stderr } = await create(Buffer.from('Z\u00fcrich-Caf\u00e9-2026\n', 'latin1'))
    expect({ status, code: stderr.split(':')[0] }).toEqual({ status: 1, code: 'password_refused' })
    expect((await create('Zu\u0308rich-Cafe\u0301-2026\r\n')).status).toBe(0)
    const hashed = (await userOf(email))?.password_hash ?? null
    expect(await verifyPassword(hashed, 'Z\u00fcrich-Caf\u00e9-2026')).toBe(true)
  })
})
