import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { type TestUser, signIn, stepUp } from '../support/site.js'
import { bulkDelete, usePanelSite } from './panel-site.js'

const site = usePanelSite()
const api = '/admin/api/resources'

const call = (browser: HttpBrowser, person: TestUser, action: string, form: Record<string, string>) =>
  browser.post(`${api}/users/records/${person.id}/${action}`, form)
const secretOf = ({ text }: HttpResponse) =>
  z.object({ given: z.object({ secret: z.string().nullable() }) }).parse(JSON.parse(text)).given.secret

/** What these actions leave behind: tokens and links that work, events and emails. */
async function leftOf(person: TestUser) {
  const { rows } = await site().database.pool.query(
    `select (select count(*)::int from static_tokens t join static_devices d on d.id = t.device_id where d.user_id = $1) as tokens,
    (select count(*)::int from one_time_links where user_id = $1) as links,
    (select array_agg(event order by id) from audit_events where user_id = $1) as events`,
    [person.id],
  )
  return { ...rows[0], mails: (await queuedEmailsTo(site().database, person.email)).length }
}

const helps = [
  ['giveBackupToken', {}],
  ['invite', { deliver: 'page' }],
  ['invite', { deliver: 'mail' }],
  ['resetSecondFactor', {}],
  ['endSessions', {}],
  ['unlock', {}],
] as const

describe('a panel call that a program sends several times at the same moment', () => {
  it.each(helps)('helps once: %s %j', async (action, form) => {
    await stepUp(site().boss)
    const [once, often] = [await site().person(), await site().person()]
    expect((await call(site().boss, once, action, form)).status).toBe(200)
    const answers = await Promise.all([1, 2, 3].map(() => call(site().boss, often, action, form)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(secretOf)).size).toBe(1)
    expect(await leftOf(often)).toEqual(await leftOf(once))
  })

  it.each(['giveBackupToken', 'invite'])('helps again after the first was answered: %s', async (action) => {
    await stepUp(site().boss)
    const person = await site().person()
    const first = secretOf(await call(site().boss, person, action, { deliver: 'page' }))
    expect(secretOf(await call(site().boss, person, action, { deliver: 'page' }))).not.toBe(first)
  })

  it('shows what one administrator is given to no other', async () => {
    const person = await site().person()
    const other = await signIn(site(), await site().person({ superuser: true }))
    await stepUp(site().boss)
    const answers = await Promise.all(
      [site().boss, other].map((browser) => call(browser, person, 'giveBackupToken', {})),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(new Set(answers.map(secretOf)).size).toBe(2)
  })

  it('stores nothing readable in the database', async () => {
    await stepUp(site().boss)
    const secret = secretOf(await call(site().boss, await site().person(), 'giveBackupToken', {}))
    const { rows } = await site().database.pool.query('select * from repeated_forms')
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(secret)
  })

  it('changes and deletes without an error', async () => {
    await stepUp(site().boss)
    const person = await site().person()
    const edits = await Promise.all([1, 2, 3].map(() => call(site().boss, person, 'edit', { name: 'Edited' })))
    expect(edits.map(({ status }) => status)).toEqual([200, 200, 200])
    const ids = [person.app?.id ?? 0]
    const deleted = await Promise.all([1, 2, 3].map(() => bulkDelete(site().boss, 'totp_devices', ids)))
    expect(deleted.map(({ status }) => status)).toContain(200)
    expect(deleted.every(({ status }) => status < 500)).toBe(true)
    const { events } = await leftOf(person)
    expect(events.filter((event: string) => event === 'device_removed')).toHaveLength(1)
  })
})
