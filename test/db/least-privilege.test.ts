import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { principalSchema, principalSql } from '../../src/admin/load-principal.js'
import { can, offerKinds } from '../../src/admin/permissions.js'
import { createLink, findLink } from '../../src/auth/links/one-time-link.js'
import type { Database } from '../../src/db/connect.js'
import { shippedGroups as before } from '../../src/db/migrations/0006-throttling-lanes.js'
import { shippedGroups, up } from '../../src/db/migrations/0016-least-privilege.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { openTestDatabase } from '../support/database.js'
import { testOtp } from '../support/otp.js'

offerKinds(builtInKinds)
const database: Database = await openTestDatabase()
afterAll(() => database.close())

const sql = async (text: string, values: unknown[] = []) => (await database.pool.query(text, values)).rows
const migrate = () => database.sequelize.transaction((transaction) => up(database, transaction))
const groupNames = async () => (await sql('select name from groups order by name')).map(({ name }) => String(name))
const groupsOf = async (userId: number) =>
  (await sql('select g.name from user_groups m join groups g on g.id = m.group_id where m.user_id = $1', [userId])).map(
    ({ name }) => String(name),
  )

let people = 0

/** Inserts a user as an earlier release did. @returns the ID */
async function person(levels: { staff?: boolean; superuser?: boolean } = {}): Promise<number> {
  people += 1
  const { staff = true, superuser = false } = levels
  const columns = 'insert into users (email, is_staff, is_superuser) values ($1, $2, $3) returning id'
  return Number((await sql(columns, [`person${people}@example.com`, staff, superuser]))[0]?.id)
}

async function joinGroup(userId: number, name: string): Promise<void> {
  await sql('insert into user_groups (user_id, group_id) select $1, id from groups where name = $2', [userId, name])
}

// The groups of an installation before the migration.
beforeEach(async () => {
  await sql('delete from user_groups')
  await sql('delete from groups')
  for (const [name, permissions] of Object.entries(before))
    await sql('insert into groups (name, permissions) values ($1, $2)', [name, permissions])
})

describe('an upgrade to least privilege', () => {
  it('makes only those Administrators who lost permissions that nobody had granted', async () => {
    const [alone, member, superuser, customer] = [
      await person(),
      await person(),
      await person({ superuser: true }),
      await person({ staff: false }),
    ]
    await joinGroup(member, 'Auditor')
    await migrate()
    expect(await groupsOf(alone)).toEqual(['Administrators'])
    expect(await groupsOf(member)).toEqual(['Auditors'])
    expect(await groupsOf(superuser)).toEqual([])
    expect(await groupsOf(customer)).toEqual([])
  })

  it('leaves them what they could do, and gives them no export', async () => {
    const id = await person()
    await migrate()
    const [row] = await sql(`select ${principalSql(String(id))} as standing`)
    const standing = principalSchema.parse(row?.standing)
    for (const [permission, table] of [
      ['view', 'users'],
      ['change', 'users'],
      ['resetSecondFactor', 'users'],
      ['delete', 'totp_devices'],
      ['change', 'webauthn_devices'],
      ['view', 'static_tokens'],
      ['delete', 'trusted_browsers'],
      ['view', 'audit_events'],
    ] as const)
      expect([permission, table, can(standing, permission, table)]).toEqual([permission, table, true])
    for (const table of ['users', 'totp_devices', 'audit_events']) expect(can(standing, 'export', table)).toBe(false)
    expect(can(standing, 'change', 'groups')).toBe(false)
  })

  it('renames the shipped groups and gives them permissions for later kinds', async () => {
    await migrate()
    expect(await groupNames()).toEqual(['Administrators', 'Auditors', 'Help desk', 'People admins'])
    for (const { name, permissions } of await sql('select name, permissions from groups'))
      expect([name, new Set(permissions)]).toEqual([name, new Set(shippedGroups[name])])
  })

  it('keeps the permissions of a shipped group that an operator changed', async () => {
    await sql(`update groups set permissions = '{users.view}' where name = 'Helpdesk'`)
    await migrate()
    expect(await sql(`select permissions from groups where name = 'Help desk'`)).toEqual([
      { permissions: ['users.view'] },
    ])
  })

  it('renames nothing over a group of an operator, and does not bring back a deleted one', async () => {
    const others = `('Auditors', '{}'), ('Administrators', '{users.view}'), ('Administrators (upgraded 1)', '{}')`
    await sql(`insert into groups (name, permissions) values ${others}`)
    await sql(`delete from groups where name = 'People admin'`)
    const id = await person()
    await migrate()
    expect(new Set(await groupNames())).toEqual(
      new Set([
        'Administrators',
        'Administrators (upgraded 1)',
        'Administrators (upgraded 2)',
        'Auditor',
        'Auditors',
        'Help desk',
      ]),
    )
    expect(await groupsOf(id)).toEqual(['Administrators (upgraded 2)'])
    expect(await sql(`select permissions from groups where name = 'Auditors'`)).toEqual([{ permissions: [] }])
  })

  describe.each<[who: string, levels: { staff: boolean }, group: string | null]>([
    ['staff in no group', { staff: true }, null],
    ['a user who is not staff', { staff: false }, null],
    ['a member of a group whose permissions get other names', { staff: true }, 'Helpdesk'],
    ['a member of the group that gets one more', { staff: true }, 'People admin'],
  ])('of %s', (_who, levels, group) => {
    const otp = testOtp(database)
    const stands = async (token: string) => (await findLink(otp, 'invitation', token)) !== null

    /** Creates an invitation as the release before did. */
    async function invite(): Promise<{ userId: number; token: string }> {
      const userId = await person(levels)
      if (group !== null) await joinGroup(userId, group)
      const { token } = await database.sequelize.transaction((transaction) =>
        createLink(otp, transaction, { purpose: 'invitation', userId, rights: 'present' }),
      )
      const granted = group === null ? null : [...(before[group] ?? []), '']
      await sql(`update one_time_links set details = jsonb_set(details, '{rights,granted}', $2) where user_id = $1`, [
        userId,
        JSON.stringify(granted),
      ])
      return { userId, token }
    }

    it('keeps an open invitation, which still ends with more rights', async () => {
      const { userId, token } = await invite()
      await migrate()
      expect(await stands(token)).toBe(true)
      await sql(`insert into groups (name, permissions) values ('More', '{users.export}')`)
      await joinGroup(userId, 'More')
      expect(await stands(token)).toBe(false)
    })

    it('does not bring back an invitation that had ended because the user had more rights', async () => {
      const { userId, token } = await invite()
      await sql(`insert into groups (name, permissions) values ('More', '{users.export}')`)
      await joinGroup(userId, 'More')
      await migrate()
      expect(await stands(token)).toBe(false)
    })
  })
})
