import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { type TestUser, signIn, stepUp } from '../support/site.js'
import { usePanelSite } from './panel-site.js'

const site = usePanelSite()
const api = '/admin/api/resources'
const json = { Accept: 'application/json' }

const refusal = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    verificationUrl: z.string(),
    missing: z.object({ reason: z.string(), kinds: z.null(), maxAge: z.number() }),
  }),
})
const refusalOf = (answer: HttpResponse) => refusal.parse(JSON.parse(answer.text)).error

/** A user whose last token is older than 5 minutes. */
async function stale(): Promise<{ browser: HttpBrowser; person: TestUser }> {
  const person = await site().person({ superuser: true })
  const browser = await signIn(site(), person)
  site().clock.advance(301)
  return { browser, person }
}

/** Every call of the panel that changes something about a user. */
const changes = (person: TestUser): [name: string, path: string, form: Record<string, string>][] => [
  ['a person’s flags', `${api}/users/records/${person.id}/edit`, { is_staff: 'false' }],
  ['an invitation', `${api}/users/records/${person.id}/invite`, { deliver: 'page' }],
  ['a backup token', `${api}/users/records/${person.id}/giveBackupToken`, {}],
  ['the end of sessions', `${api}/users/records/${person.id}/endSessions`, {}],
  ['a reset', `${api}/users/records/${person.id}/resetSecondFactor`, {}],
  ['a device’s name', `${api}/totp_devices/records/${person.app?.id}/edit`, { name: 'Other' }],
  ['a device’s removal', `${api}/totp_devices/records/${person.app?.id}/delete`, {}],
  ['the removal of many', `${api}/totp_devices/bulk/bulkDelete?recordIds=${person.app?.id}`, {}],
]

const everything = async (userId: number) => {
  const { rows } = await site().database.pool.query(
    `select u.*, (select json_agg(d) from totp_devices d where d.user_id = u.id) as devices,
    (select count(*) from one_time_links l where l.user_id = u.id) as links,
    (select count(*) from static_devices d where d.user_id = u.id) as sets from users u where id = $1`,
    [userId],
  )
  return rows
}

describe('the panel, 5 minutes after the last token', () => {
  it('requires a new one for every change to a user, names the path to it, and changes nothing', async () => {
    const { browser } = await stale()
    const person = await site().person()
    const before = await everything(person.id)
    for (const [name, path, form] of changes(person)) {
      const answer = await browser.post(path, form)
      expect({ name, status: answer.status }).toEqual({ name, status: 403 })
      const { code, verificationUrl, missing } = refusalOf(answer)
      expect(code).toBe('step_up_required')
      expect(missing).toEqual({ reason: 'too_old', kinds: null, maxAge: 300 })
      expect(verificationUrl).toMatch(/^\/account\/verify\?/)
    }
    expect(await everything(person.id)).toEqual(before)
  })

  it('requires none for reading', async () => {
    const { browser, person } = await stale()
    const reads = [
      `${api}/users/actions/list`,
      `${api}/users/records/${person.id}/show`,
      `${api}/users/actions/search/person`,
      '/admin/api/dashboard',
    ]
    for (const path of reads) expect((await browser.get(path)).status).toBe(200)
  })

  it("shows a page's script the accepted devices, takes a token, and accepts the call again under a new session ID", async () => {
    const { browser, person: actor } = await stale()
    const person = await site().person()
    const path = `${api}/users/records/${person.id}/edit`
    const { verificationUrl } = refusalOf(await browser.post(path, { name: 'Renamed' }))
    const listed = await browser.visit(verificationUrl, { headers: json })
    expect(JSON.parse(listed.text)).toEqual({
      devices: [{ id: actor.app?.persistentId, kind: 'totp', name: 'App', interactive: false }],
      kinds: null,
    })
    const cookie = browser.cookies.get('otp_session')
    const wrong = { otp_device: actor.app?.persistentId ?? '', otp_token: '00000x' }
    const refused = await browser.visit(verificationUrl, { method: 'POST', form: wrong, headers: json })
    expect(refused).toMatchObject({ status: 422, code: 'invalid_token' })
    site().clock.advance(30)
    const form = { ...wrong, otp_token: actor.code() }
    const given = await browser.visit(verificationUrl, { method: 'POST', form, headers: json })
    expect(JSON.parse(given.text)).toEqual({ verified: true })
    expect(browser.cookies.get('otp_session')).not.toBe(cookie)
    expect((await browser.post(path, { name: 'Renamed' })).status).toBe(200)
  })

  it('denies a missing permission without asking for a token', async () => {
    const person = await site().person()
    const browser = await signIn(site(), person)
    site().clock.advance(301)
    expect(await browser.post(`${api}/audit_events/records/1/delete`)).toMatchObject({
      status: 403,
      code: 'not_allowed',
    })
  })

  it('answers anonymous and unverified requests as always', async () => {
    const person = await site().person()
    const path = `${api}/users/records/${person.id}/edit`
    expect((await site().browser().post(path)).code).toBe('not_authenticated')
    const bare = await signIn(site(), await site().person({ app: false }))
    expect((await bare.post(path)).code).toBe('not_verified')
  })

  it('starts the 5 minutes again with the token, and they end to the second', async () => {
    const { browser } = await stale()
    const person = await site().person()
    const path = `${api}/users/records/${person.id}/edit`
    await stepUp(browser)
    site().clock.advance(300)
    expect((await browser.post(path, { name: 'In time' })).status).toBe(200)
    site().clock.advance(1)
    expect((await browser.post(path, { name: 'Late' })).code).toBe('step_up_required')
  })
})
