import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import { createLink, type LinkPurpose } from '../../src/auth/links/one-time-link.js'
import type { Database } from '../../src/db/connect.js'
import { noClient } from '../../src/client-info.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

const pages: Record<LinkPurpose, string> = {
  invitation: '/account/invitation',
  'password-reset': '/account/password/reset',
  'email-confirmation': '/account/email/confirm',
}
const purposes: readonly LinkPurpose[] = ['invitation', 'password-reset', 'email-confirmation']

describe('links in emails', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney()
    database = site.database
  })
  afterAll(() => site.close())

  const sql = (text: string, ...values: unknown[]) => database.pool.query(text, values)
  const linkFor = async ({ id }: TestUser, purpose: LinkPurpose): Promise<string> => {
    const details = purpose === 'email-confirmation' ? { email: `next.${id}@example.com` } : {}
    const { token } = await database.sequelize.transaction((transaction) =>
      createLink(site.otp, transaction, { purpose, userId: id, details }),
    )
    return `${pages[purpose]}/${token}`
  }
  const invitedBy = async (actor: TestUser, { id }: TestUser): Promise<string> => {
    const { link } = await database.sequelize.transaction((transaction) =>
      createInvitation(site.otp, transaction, { userId: id, actorId: actor.id, client: noClient }, site.baseUrl),
    )
    return new URL(link).pathname
  }
  const stands = async (link: string) => {
    const shown = await site.browser().get(link)
    if (shown.status === 200) return true
    // A link that is not shown does not work either.
    const form = { password: 'correct horse battery' }
    expect(await site.browser().post(link, form)).toMatchObject({ status: 404, code: 'link_invalid' })
    return false
  }

  const changes: readonly {
    title: string
    change(person: TestUser): Promise<unknown>
    /** The links that remain valid. */
    stay: readonly LinkPurpose[]
  }[] = [
    {
      title: 'the owner changed the email address',
      change: async (person) => {
        const { rows } = await sql('select 1 from users where id = $1', person.id)
        expect(rows).toHaveLength(1)
        const link = await linkFor(person, 'email-confirmation')
        expect((await site.browser().post(link)).status).toBe(200)
      },
      stay: [],
    },
    {
      title: 'SQL or the adapter of a host changed the email address',
      change: ({ id }) => sql(`update users set email = 'by.sql.' || email where id = $1`, id),
      stay: [],
    },
    {
      title: 'the account was deactivated and reactivated',
      change: async ({ id }) => {
        await sql('update users set is_active = false where id = $1', id)
        await sql('update users set is_active = true where id = $1', id)
      },
      stay: [],
    },
    {
      title: 'SQL changed the password',
      change: ({ id }) => sql(`update users set password_hash = password_hash || '' || 'x' where id = $1`, id),
      stay: ['invitation'],
    },
    {
      title: 'the owner changed the password',
      change: async (person) => {
        const browser = await signIn(site, person)
        const form = { password: person.password, new_password: 'another good one' }
        expect((await browser.post('/account/password/change', form)).location).toContain('password_changed')
      },
      stay: ['invitation'],
    },
    {
      title: 'all sessions ended',
      change: ({ id }) => sql('update users set auth_epoch = auth_epoch + 1 where id = $1', id),
      stay: ['invitation'],
    },
    {
      title: 'the epoch of the host application changed',
      change: ({ id }) => sql(`update users set external_epoch = 'two' where id = $1`, id),
      stay: ['invitation'],
    },
    {
      title: 'a change that does not affect access',
      change: ({ id }) => sql(`update users set name = 'New name', locale = 'de' where id = $1`, id),
      stay: purposes,
    },
  ]

  describe.each(changes)('after $title', ({ change, stay }) => {
    it.each(purposes)('remain valid or not: %s', async (purpose) => {
      const person = await createTestUser(site, { staff: false })
      const link = await linkFor(person, purpose)
      expect(await stands(link)).toBe(true)
      await change(person)
      expect(await stands(link)).toBe(stay.includes(purpose))
    })
  })

  it('do not reset the password of a user whose email address has changed', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const reset = await linkFor(person, 'password-reset')
    const browser = await signIn(site, person)
    const confirm = await linkFor(person, 'email-confirmation')
    expect((await browser.post(confirm)).location).toContain('email_changed')
    expect(await site.browser().post(reset, { password: 'what eve wants' })).toMatchObject({ code: 'link_invalid' })
    expect((await browser.get('/account/two-factor')).status).toBe(200)
  })

  it('do not invite a user whose second factor was reset in the meantime', async () => {
    const root = await createTestUser(site, { superuser: true })
    const person = await createTestUser(site)
    const link = await invitedBy(root, person)
    const browser = await signIn(site, root)
    const reset = `/admin/api/resources/users/records/${person.id}/resetSecondFactor`
    expect((await browser.visit(reset, { method: 'POST', form: {} })).status).toBe(200)
    expect(await stands(link)).toBe(false)
  })

  describe('do not invite a user who has more permissions than the sender of the invitation knew', () => {
    const groupOf = async (person: TestUser, permissions: string[]) => {
      const { rows } = await sql(
        `insert into groups (name, permissions) values ('Group ' || gen_random_uuid(), $1) returning id`,
        permissions,
      )
      await sql('insert into user_groups (user_id, group_id) values ($1, $2)', person.id, rows[0].id)
      return Number(rows[0].id)
    }

    it.each([
      ['staff', ({ id }: TestUser) => sql('update users set is_staff = true where id = $1', id)],
      ['superuser', ({ id }: TestUser) => sql('update users set is_superuser = true where id = $1', id)],
      ['in a group', (person: TestUser) => groupOf(person, ['users.view'])],
      ['in a group that allows everything', (person: TestUser) => groupOf(person, ['*.view', 'users.change'])],
    ])('if the user is now %s, after a change by SQL', async (_what, gain) => {
      const helper = await createTestUser(site)
      const person = await createTestUser(site, { staff: false, app: false })
      const link = await invitedBy(helper, person)
      expect(await stands(link)).toBe(true)
      await gain(person)
      expect(await stands(link)).toBe(false)
    })

    it('after a group of theirs allows more, but still if it allows less', async () => {
      const helper = await createTestUser(site)
      const person = await createTestUser(site, { app: false, groups: [] })
      const group = await groupOf(person, ['users.view', 'users.export'])
      const link = await invitedBy(helper, person)
      await sql(`update groups set permissions = '{users.view}' where id = $1`, group)
      expect(await stands(link)).toBe(true)
      await sql(`update groups set permissions = '{users.view,users.change}' where id = $1`, group)
      expect(await stands(link)).toBe(false)
    })

    it('but still after the user joined a group that allows nothing yet, until it allows something', async () => {
      const helper = await createTestUser(site)
      const person = await createTestUser(site, { app: false, groups: [] })
      const link = await invitedBy(helper, person)
      const group = await groupOf(person, [])
      expect(await stands(link)).toBe(true)
      await sql(`update groups set permissions = '{users.view}' where id = $1`, group)
      expect(await stands(link)).toBe(false)
    })

    it('but still after the user left the last group, because nobody gains a permission by leaving', async () => {
      const helper = await createTestUser(site)
      const person = await createTestUser(site, { app: false, groups: [] })
      await groupOf(person, ['users.view'])
      const link = await invitedBy(helper, person)
      await sql('delete from user_groups where user_id = $1', person.id)
      expect(await stands(link)).toBe(true)
    })

    it('after permissions were added while the invitation was being made', async () => {
      const helper = await createTestUser(site)
      const person = await createTestUser(site, { app: false, groups: [] })
      const group = await groupOf(person, ['users.view'])
      // The permissions as they were checked: read before the group changes, stored after it.
      const judged = { isSuperuser: false, isStaff: true, granted: new Set(['users.view']) }
      await sql(`update groups set permissions = '{users.view,users.change}' where id = $1`, group)
      const invitation = { userId: person.id, actorId: helper.id, client: noClient, rights: judged }
      const { link } = await database.sequelize.transaction((transaction) =>
        createInvitation(site.otp, transaction, invitation, site.baseUrl),
      )
      expect(await stands(new URL(link).pathname)).toBe(false)
    })
  })
})
