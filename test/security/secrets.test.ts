import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { panelResources } from '../../src/admin/resources/index.js'
import type { HttpBrowser } from '../support/http-browser.js'
import type { TestUser, TestSite } from '../support/site.js'
import { secretsInDatabase, secretsOfPeople, encodings } from './collect-secrets.js'
import { takeSnapshot } from './snapshot.js'
import { signInRequester } from './requesters.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { idsIn, openSiteWithPeople } from './site-with-people.js'

const KEY = Buffer.alloc(32, 7)
const keys = createKeyring([KEY])
const api = '/admin/api/resources'
const tables = panelResources(builtInKinds).map(({ table }) => table)

let site: TestSite
let staff: HttpBrowser
let superuser: HttpBrowser
let other: TestUser
let people: TestUser[]
let browsers: HttpBrowser[]

beforeAll(async () => {
  ;({ site, staff, superuser, other, people, browsers } = await openSiteWithPeople())
})
afterAll(() => site.close())

async function secrets(): Promise<string[]> {
  const known = [...(await secretsInDatabase(site.database, keys)), ...secretsOfPeople(people, browsers)]
  return [...new Set([...known, ...encodings(KEY), ...keys.sessionSecrets, 'a wrong passphrase'])]
}

/** Names of columns for which the panel has no text. */
const HIDDEN_NAMES =
  /password_hash|auth_epoch|token_failed_at|token_hash|series_hash|rotated_at|code_hash|credential_id|public_key|user_handle|"secret"|last_step|"sid"|"sess"/

/** Everything that can be requested of a resource: whole lists in both orders, each row, searches, and what is rejected. */
async function answersAbout(browser: HttpBrowser, table: string): Promise<string[]> {
  const at = `${api}/${table}`
  const ids = await idsIn(site, table)
  const reading = [
    `${at}/actions/list?perPage=500`,
    `${at}/actions/list?perPage=500&sortBy=id&direction=desc`,
    `${at}/actions/list?filters.id=${ids[0]}`,
    `${at}/actions/list?sortBy=password_hash`,
    `${at}/actions/list?filters.user_id=@example.com&perPage=500`,
    `${at}/actions/search`,
    `${at}/actions/search/example`,
    `${at}/actions/search/App?searchProperty=name`,
    `${at}/actions/new`,
    `${at}/bulk/bulkDelete?recordIds=${ids.slice(0, 3).join()}`,
    ...ids.flatMap((id) => [`${at}/records/${id}/show`, `${at}/records/${id}/edit`]),
  ]
  const writing: [string, Record<string, string>][] = ids.flatMap((id) => [
    [`${at}/records/${id}/edit`, {}],
    [`${at}/records/${id}/edit`, { name: 'x'.repeat(300), is_active: 'maybe', confirmed: 'maybe' }],
    [`${at}/records/${id}/edit`, { is_superuser: 'maybe', email: other.email, id: '1', secret: 'x' }],
  ])
  const refusedWrites: [string, Record<string, string>][] = [
    [`${at}/actions/new`, { email: other.email, name: 'x'.repeat(300), password_hash: 'x' }],
    [`${at}/actions/export?sortBy=id&direction=desc`, {}],
    [`${at}/actions/export?sortBy=password_hash`, {}],
    [`${at}/records/2147483647/delete`, {}],
    [`${at}/bulk/bulkDelete?recordIds=2147483647`, {}],
    [`${at}/bulk/bulkDelete?recordIds=x`, {}],
  ]
  const texts: string[] = []
  for (const address of reading) texts.push((await browser.get(address)).text)
  for (const [address, form] of [...writing, ...refusedWrites]) texts.push((await browser.post(address, form)).text)
  return texts
}

const pages = [
  '/admin',
  '/admin/resources/users',
  '/admin/resources/users/records/1/show',
  '/admin/resources/nosuch',
  '/admin/api/dashboard',
  '/admin/api/nosuch',
  '/account/login',
  '/account/logout',
  '/account/two-factor',
  '/account/two-factor/sessions',
  '/nowhere',
  '/healthz',
  '/readyz',
]

function found(texts: readonly string[], wanted: readonly string[]): string[] {
  const all = texts.join('\n')
  return wanted.filter((secret) => all.includes(secret))
}

describe('no secret is shown', () => {
  it('searches for secrets that exist', async () => {
    const all = await secrets()
    expect(all.length).toBeGreaterThan(60)
    expect(all.every((secret) => secret.length >= 16)).toBe(true)
    const raw = await takeSnapshot(site.database)
    expect(found(Object.values(raw).flat(), all).length).toBeGreaterThan(15)
  })

  it.each(tables)(
    'to staff or superusers, in any answer about %s',
    async (table) => {
      const texts = [...(await answersAbout(superuser, table)), ...(await answersAbout(staff, table))]
      // The list and each row were in the response.
      expect(texts.filter((text) => text.includes('"params"')).length).toBeGreaterThan(2)
      expect(found(texts, await secrets())).toEqual([])
      expect(texts.filter((text) => HIDDEN_NAMES.test(text))).toEqual([])
      // Every rejection before has an event in the audit log, and each of them is requested.
    },
    120_000,
  )

  it('to anyone on any page', async () => {
    const texts: string[] = []
    for (const browser of browsers)
      for (const page of pages) {
        const { text, headers } = await browser.get(page)
        texts.push(text, JSON.stringify({ ...headers, 'set-cookie': undefined }))
      }
    expect(found(texts, await secrets())).toEqual([])
    expect(texts.filter((text) => HIDDEN_NAMES.test(text))).toEqual([])
  })

  it('in any form that is shown again', async () => {
    const texts: string[] = []
    const { browser } = await signInRequester(site, 'pending')
    browsers.push(browser)
    const [, token = ''] = other.backupTokens
    texts.push((await browser.post('/account/login', { otp_token: token })).text)
    texts.push(
      (await browser.post('/account/login', { otp_device: token, otp_token: token })).text.replaceAll(
        `value="${token}"`,
        '',
      ),
    )
    texts.push(
      (await browser.post('/account/login', { username: 'x', password: other.password, otp_token: token })).text,
    )
    expect(found(texts, await secrets())).toEqual([])
  })

  it('in any line of the log', async () => {
    expect(site.log.length).toBeGreaterThan(100)
    expect(found(site.log, await secrets())).toEqual([])
    expect(site.log.filter((line) => HIDDEN_NAMES.test(line))).toEqual([])
  })

  it('in the audit log', async () => {
    const { rows } = await site.database.pool.query<{ row: string }>('select e::text as row from audit_events e')
    expect(rows.length).toBeGreaterThan(5)
    expect(
      found(
        rows.map(({ row }) => row),
        await secrets(),
      ),
    ).toEqual([])
  })
})
