import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { panelLocale } from '../../src/admin/panel-texts.js'
import { loadPanelAssets } from '../../src/admin/page/serve-assets.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { signIn } from '../support/site.js'
import { usePanelSite } from './panel-site.js'

const site = usePanelSite()

describe('the page', () => {
  it('has a policy with a fresh nonce and nothing unsafe', async () => {
    const policies = [await site().staff.get('/admin'), await site().staff.get('/admin')].map(({ headers }) =>
      String(headers['content-security-policy']),
    )
    const [first = '', second] = policies
    expect(first.replace(/'nonce-[^']{24}'/, "'nonce-…'")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-…'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(first).not.toBe(second)
  })

  it('names no other site, and contains no inline script and only the user data that the browser needs', async () => {
    const person = await site().person({ name: 'Ann </script><script>alert(1)</script>' })
    const { text } = await (await signIn(site(), person)).get('/admin')
    expect(text.match(/<script(?! type="application\/json"| defer src="\/admin-assets\/)/g)).toBeNull()
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    const user = /id="panel-user">(.*?)<\/script>/.exec(text)?.[1] ?? ''
    expect(JSON.parse(user)).toEqual({
      id: person.id,
      email: person.email,
      title: 'Ann </script><script>alert(1)</script>',
      level: 'staff',
      due: null,
      refused: null,
    })
  })

  it('offers each level only what it can do', async () => {
    const fieldsOf = async (browser: HttpBrowser) => {
      const { text } = await browser.get('/admin')
      const state = JSON.parse(/id="panel-state">(.*?)<\/script>/.exec(text)?.[1] ?? '{}')
      const users = state.resources.find(({ id }: { id: string }) => id === 'users')
      return {
        fields: users.editProperties.map(({ name }: { name: string }) => name),
        actions: users.actions.map(({ name }: { name: string }) => name),
      }
    }
    const actions = ['show', 'new', 'edit', 'search', 'list']
    const staff = await fieldsOf(site().staff)
    expect(staff.fields).toEqual(['name', 'is_staff', 'is_active'])
    const help = ['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']
    expect(staff.actions.toSorted()).toEqual([...actions, ...help].toSorted())
    expect((await fieldsOf(site().boss)).fields).toContain('is_superuser')
  })

  it('is the same with and without compression', async () => {
    const plain = await site().staff.get('/admin')
    const zipped = await rawPage({ 'Accept-Encoding': 'gzip' })
    expect(zipped.encoding).toBe('gzip')
    const withoutNonce = (text: string) => text.replace(/nonce="[^"]*"/, '')
    expect(withoutNonce(gunzipSync(zipped.body).toString())).toBe(withoutNonce(plain.text))
  })
})

function rawPage(headers: Record<string, string>): Promise<{ encoding: string | undefined; body: Buffer }> {
  const cookie = [...site().staff.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return new Promise((resolve, reject) => {
    request(`${site().baseUrl}/admin`, { headers: { ...headers, Cookie: cookie } }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => resolve({ encoding: answer.headers['content-encoding'], body: Buffer.concat(parts) }))
    })
      .on('error', reject)
      .end()
  })
}

describe('the texts', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'panel-texts-'))
    for (const [language, actions] of Object.entries({
      en: { show: 'Details', list: 'List' },
      nl: { list: 'Lijst' },
    })) {
      await mkdir(path.join(folder, language))
      await writeFile(path.join(folder, language, 'panel.json'), JSON.stringify({ adminjs: { actions } }))
    }
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('are English if a language lacks one', () => {
    expect(panelLocale('nl', folder).translations).toEqual({ nl: { actions: { show: 'Details', list: 'Lijst' } } })
  })

  it('are English if a language has no file', () => {
    expect(panelLocale('pl', folder).translations).toEqual({ pl: { actions: { show: 'Details', list: 'List' } } })
  })
})

describe('the assets', () => {
  const script = () => loadPanelAssets().getUrl('panel.js')

  it('are public, cached permanently and compressed in advance', async () => {
    const answer = await site()
      .browser()
      .visit(script(), { headers: { 'Accept-Encoding': 'br' } })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      vary: expect.stringContaining('Accept-Encoding'),
    })
  })

  it('are sent uncompressed if a client accepts no compression', async () => {
    const answer = await site()
      .browser()
      .visit(script(), { headers: { 'Accept-Encoding': 'identity' } })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(answer.text.length).toBeGreaterThan(1_000_000)
  })

  it('have less than 760 kB of script on the first visit', async () => {
    const page = await rawSize(script())
    expect(page).toBeLessThan(760_000)
  })

  it.each(['/admin-assets/../package.json', '/admin-assets/manifest.json', '/admin-assets/panel.js', '/admin-assets/'])(
    'contain nothing else: %s',
    async (path) => {
      expect((await site().browser().get(path)).status).toBe(404)
    },
  )
})

function rawSize(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(site().baseUrl + path, { headers: { 'Accept-Encoding': 'br' } }, (answer) => {
      let bytes = 0
      answer.on('data', (part: Buffer) => (bytes += part.length))
      answer.on('end', () => resolve(bytes))
    })
      .on('error', reject)
      .end()
  })
}
