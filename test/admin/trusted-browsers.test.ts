import { describe, expect, it } from 'vitest'
import type { HttpBrowser } from '../support/http-browser.js'
import type { TestUser } from '../support/site.js'
import { callAction, bulkDelete, listRecords, recordOf, rowsOf, showRecord, usePanelSite } from './panel-site.js'

const site = usePanelSite({ TRUST_BROWSER_DAYS: '30' })
const TABLE = 'trusted_browsers'
const login = '/account/login'

const trusted = async (person: TestUser): Promise<{ browser: HttpBrowser; id: number }> => {
  const browser = site().browser()
  await browser.post(login, { username: person.email, password: person.password })
  site().clock.advance(30)
  await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
  browser.cookies.delete('otp_session')
  expect((await browser.post(login, { username: person.email, password: person.password })).location).toBe('/admin')
  const [row] = await site().database.models.TrustedBrowser.findAll({ where: { user_id: person.id } })
  return { browser, id: row?.id ?? 0 }
}
const isIn = async (browser: HttpBrowser) => (await browser.get('/admin/api/dashboard')).status === 200
const eventsOf = async (userId: number) => {
  const where = { user_id: userId, event: 'trusted_browser_revoked' }
  const rows = await site().database.models.AuditEvent.findAll({ where })
  return rows.map(({ actor_id, device, details }) => ({ actor_id, device, details }))
}

describe('trusted browsers in the panel', () => {
  it('are listed by user, and shown without any hash', async () => {
    const person = await site().person()
    const { id } = await trusted(person)
    const answer = await listRecords(site().staff, TABLE, { 'filters.user_id': String(person.id) })
    expect(rowsOf(answer)).toMatchObject([
      { id, user_id: person.id, browser: 'Firefox 139 on Linux', device: person.app?.persistentId },
    ])
    const shown = await showRecord(site().staff, TABLE, id)
    expect(Object.keys(recordOf(shown).params).toSorted()).toEqual(
      ['address', 'browser', 'created_at', 'device', 'expires_at', 'id', 'last_used_at', 'user_id'].toSorted(),
    )
    expect(answer.text + shown.text).not.toMatch(/_hash|rotated_at/)
    for (const column of ['series_hash', 'token_hash'])
      expect((await listRecords(site().staff, TABLE, { sortBy: column })).status).toBe(400)
  })

  it('are revoked by staff, which ends the sessions they verified, and the event names the actor', async () => {
    const person = await site().person()
    const { browser, id } = await trusted(person)
    expect(await isIn(browser)).toBe(true)
    expect((await callAction(site().staff, TABLE, id, 'delete')).status).toBe(200)
    expect(await isIn(browser)).toBe(false)
    expect(await eventsOf(person.id)).toEqual([
      {
        actor_id: site().staffPerson.id,
        device: person.app?.persistentId,
        details: { browser: 'Firefox 139 on Linux', address: '127.0.0.1' },
      },
    ])
    expect((await callAction(site().staff, TABLE, id, 'delete')).status).toBe(404)
    browser.cookies.delete('otp_session')
    expect((await browser.post(login, { username: person.email, password: person.password })).location).toBe(login)
  })

  it('are revoked all or none if there are several', async () => {
    const [one, boss] = [await site().person(), await site().person({ superuser: true })]
    const [first, second] = [await trusted(one), await trusted(boss)]
    expect((await bulkDelete(site().staff, TABLE, [first.id, second.id])).status).toBe(403)
    expect(await isIn(first.browser)).toBe(true)
    expect((await bulkDelete(site().boss, TABLE, [first.id, second.id])).status).toBe(200)
    expect([await isIn(first.browser), await isIn(second.browser)]).toEqual([false, false])
  })

  it("are revoked only by superusers if they are a superuser's, and your own on your own page", async () => {
    const boss = await site().person({ superuser: true })
    const { id } = await trusted(boss)
    expect(await callAction(site().staff, TABLE, id, 'delete')).toMatchObject({ status: 403, code: 'not_allowed' })
    const own = await trusted(site().staffPerson)
    expect((await callAction(site().staff, TABLE, own.id, 'delete')).status).toBe(403)
    expect(await isIn(own.browser)).toBe(true)
  })

  it('are neither created nor changed there', async () => {
    const { id } = await trusted(await site().person())
    expect((await callAction(site().boss, TABLE, id, 'edit', { expires_at: '2099-01-01' })).status).toBe(403)
    expect((await site().boss.post(`/admin/api/resources/${TABLE}/actions/new`, { user_id: '1' })).status).toBe(403)
    const offered = recordOf(await showRecord(site().staff, TABLE, id)).recordActions.map(({ name }) => name)
    expect(offered.toSorted()).toEqual(['delete', 'show'])
  })

  it('are shown on the page of their user', async () => {
    const person = await site().person()
    const answer = await showRecord(site().staff, 'users', person.id)
    expect(answer.status).toBe(200)
    expect((await site().staff.get('/admin/resources/users')).text).toContain('BrowsersOfUser')
  })
})
