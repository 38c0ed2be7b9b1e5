import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preferredLanguage } from '../../src/http/client/negotiate-language.js'
import { formatDateTime } from '../../src/http/pages/format-date-time.js'
import { formatDuration } from '../../src/http/pages/format-duration.js'
import { languages, translatorFor } from '../../src/i18n/translator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

describe('preferredLanguage', () => {
  it.each([
    [['de'], 'de'],
    [['de-AT', 'en'], 'de'],
    [['PT'], 'pt-BR'],
    [['pt-PT'], 'pt-BR'],
    [['zh-Hans-SG'], 'zh-CN'],
    [['en-GB', 'de'], 'en'],
    [['tlh', 'fr-CA'], 'fr'],
    [['*'], 'en'],
    [[], 'en'],
    [['d', 'deu', '', '-', 'constructor'], 'en'],
  ])('selects from %j the language %s', (requested, language) => {
    expect(preferredLanguage(requested)).toBe(language)
  })
})

describe('times', () => {
  it.each([
    ['en', '90 seconds', '10 minutes', '2 hours', '30 days'],
    ['de', '90 Sekunden', '10 Minuten', '2 Stunden', '30 Tage'],
    ['fr', '90 secondes', '10 minutes', '2 heures', '30 jours'],
    ['es', '90 segundos', '10 minutos', '2 horas', '30 días'],
    ['pt-BR', '90 segundos', '10 minutos', '2 horas', '30 dias'],
    ['nl', '90 seconden', '10 minuten', '2 uur', '30 dagen'],
    ['pl', '90 sekund', '10 minut', '2 godziny', '30 dni'],
    ['ja', '90秒', '10分', '2時間', '30日'],
    ['zh-CN', '90 秒', '10 分钟', '2 小时', '30 天'],
  ] as const)('are formatted as a duration in %s', (language, ...expected) => {
    const waits = [90, 600, 7200, 30 * 86_400]
    // Some of the spaces in French do not break.
    expect(waits.map((wait) => formatDuration(wait, language).replace('\u00a0', ' '))).toEqual(expected)
  })

  it.each([
    ['ja', '10分後にもう一度お試しください。'],
    ['zh-CN', '请在 10 分钟后重试。'],
  ] as const)('are part of a sentence in %s', (language, expected) => {
    const wait = formatDuration(600, language)
    expect(translatorFor(language)('errors:too_many_requests', { wait })).toContain(expected)
  })

  it('are formatted for each language, in UTC', () => {
    const at = new Date('2026-11-22T17:05:00Z')
    const formatted = languages.map((language) => formatDateTime(at, language))
    expect(new Set(formatted).size).toBeGreaterThan(6)
    for (const text of formatted) expect(text).toMatch(/(17|5)[:.]05.* UTC$/)
    expect(formatDateTime(at, 'de')).toBe('22.11.2026, 17:05 UTC')
  })
})

describe('the language of a page', () => {
  let site: TestSite
  let close: () => Promise<void>

  beforeAll(async () => {
    const database = await openTestDatabase()
    site = await startTestSite(database)
    close = async () => {
      await site.close()
      await database.close()
    }
  })
  afterAll(() => close())

  const read = (browser: HttpBrowser, path: string, language: string) =>
    browser.visit(path, { headers: { 'Accept-Language': language } })

  it('is the one that the browser requests', async () => {
    const { text, headers } = await read(site.browser(), '/account/login', 'de-CH, de;q=0.9, en;q=0.5')
    expect(text).toContain('<html lang="de">')
    expect(text).toContain('<label for="password">Passwort</label>')
    expect(headers['content-language']).toBe('de')
    expect(headers['vary']).toContain('Accept-Language')
  })

  it('is also that of its error messages', async () => {
    const form = { username: 'nobody@example.com', password: 'wrong' }
    const headers = { 'Accept-Language': 'de' }
    const rejected = await site.browser().visit('/account/login', { method: 'POST', form, headers })
    expect(rejected).toMatchObject({ status: 422, code: 'invalid_login' })
    expect(rejected.text).toContain('E-Mail-Adresse oder Passwort ist falsch.')
    expect((await read(site.browser(), '/nowhere', 'de')).text).toContain('Seite nicht gefunden')
    const api = await read(site.browser(), '/admin/api/dashboard', 'de')
    expect(JSON.parse(api.text)).toEqual({
      error: { code: 'not_authenticated', message: 'Sie sind nicht angemeldet. Melden Sie sich an, um fortzufahren.' },
    })
    const crossSite = await site.browser().visit('/account/login', {
      method: 'POST',
      headers: { ...headers, 'Sec-Fetch-Site': 'cross-site' },
    })
    expect(crossSite.text).toContain('Anfrage abgelehnt')
  })

  it.each([
    '*',
    'tlh',
    ';;;,,,q=',
    'de;q=0',
    '../../../etc/passwd',
    '__proto__',
    '<script>',
    `${'xx-'.repeat(2000)}de`,
    Array.from({ length: 1500 }, (_, index) => `x${index}`).join(),
  ])('is English if the browser requests nothing valid', async (language) => {
    const { status, text } = await read(site.browser(), '/account/login', language)
    expect(status).toBe(200)
    expect(text).toContain('<html lang="en">')
    expect(text).toContain('Password</label>')
  })

  it('is the one that the user chose, from the password step on, whichever the browser requests', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    expect(await browser.post('/account/language', { language: 'pl' })).toMatchObject({
      status: 303,
      location: '/account/two-factor',
    })
    expect((await read(browser, '/account/two-factor', 'fr')).text).toContain('<html lang="pl">')
    expect((await read(browser, '/account/language', 'fr')).text).toMatch(/value="pl" lang="pl" selected>Polski</)
    const later = site.browser()
    await later.post('/account/login', { username: person.email, password: person.password })
    expect((await read(later, '/account/login', 'fr')).text).toContain('<h1>Wpisz kod</h1>')
    await browser.post('/account/language', { language: '' })
    expect((await read(browser, '/account/two-factor', 'fr')).text).toContain('<html lang="fr">')
  })

  it('cannot be one that has no translation', async () => {
    const browser = await signIn(site, await createTestUser(site))
    for (const language of ['tlh', 'DE', '../de', 'de\0'])
      expect(await browser.post('/account/language', { language })).toMatchObject({ status: 400, code: 'bad_request' })
    expect((await browser.get('/account/two-factor')).text).toContain('<html lang="en">')
  })

  it('can only be chosen after signing in', async () => {
    for (const method of ['GET', 'POST'])
      expect(await site.browser().visit('/account/language', { method })).toMatchObject({
        status: 302,
        location: '/account/login?next=%2Faccount%2Flanguage',
      })
  })

  it('also applies to the panel, with only the texts of that language', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const german = await read(browser, '/admin', 'de')
    expect(german.headers['content-language']).toBe('de')
    expect(german.text).toContain('<html lang="de">')
    expect(german.text).toContain('"availableLanguages":["de"]')
    expect(german.text).toContain('Personal ohne Gerät')
    expect(german.text).not.toContain('Staff without a device')
    const english = await read(browser, '/admin', 'en')
    expect(english.text).toContain('Staff without a device')
    expect(english.text).not.toContain('Personal ohne Gerät')
    const rejected = await browser.visit('/admin/api/resources/users/actions/list?sortBy=password_hash', {
      headers: { 'Accept-Language': 'ja' },
    })
    expect(rejected.text).toContain('この列では並べ替えできません。')
  })

  it('applies to a set of backup tokens without a name', async () => {
    const browser = await signIn(site, await createTestUser(site, { backupTokens: 4 }))
    const { text } = await read(browser, '/account/two-factor', 'de')
    expect(text).toContain('<h3>Backup-Codes</h3>')
    expect(text).not.toContain('Backup tokens')
  })

  it('is the one of the last sign-in for emails, if the user chose none', async () => {
    const person = await createTestUser(site, { backupTokens: 4 })
    const [token = ''] = person.backupTokens
    const form = { username: person.email, password: person.password, otp_token: token }
    const headers = { 'Accept-Language': 'es-MX' }
    expect((await site.browser().visit('/account/login', { method: 'POST', form, headers })).status).toBe(303)
    const { rows } = await site.database.pool.query(
      'select coalesce(locale, browser_language) as language from users where id = $1',
      [person.id],
    )
    expect(rows).toEqual([{ language: 'es' }])
  })
})
