import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Host, startHost } from '../embedding/host.js'
import { loaderOf } from '../embedding/host/start-host-site.js'
import { expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
let host: Host
let person: TestUser

beforeAll(async () => {
  const admin = { componentLoader: loaderOf('Media', 'Media.jsx'), pages: { media: { component: 'Media' } } }
  host = await startHost({ admin }, (app, site) => {
    app.use(site.router)
    app.get('/own.html', (_req, res) => void res.send('<p>A page of the shop</p>'))
    app.get('/own.gif', (_req, res) => void res.type('gif').send(pixel))
    app.get(['/own.mp4', '/own.mp3', '/own.pdf'], (_req, res) => void res.send(pixel))
  })
  person = await createTestUser(host)
})
afterAll(() => host?.close())
const chromium = useChromium()

const looks = [1280, 390].flatMap((width) => [false, true].map((dark) => ({ width, dark })))

it.each(looks)(
  'shows the media of a component from its own origin, and no <object>, $width wide, dark: $dark',
  { timeout: 60_000 },
  async ({ width, dark }) => {
    const signedIn = { browser: await signIn(host, person), baseUrl: host.baseUrl }
    const { page, context, complaints } = await openPage(chromium(), { width, dark, signedIn })
    const asked: string[] = []
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname))
    await page.goto(`${host.baseUrl}/admin/pages/media`)
    await page.frameLocator('iframe').getByText('A page of the shop').waitFor()
    for (const name of ['Of this origin', 'Made here'])
      await expect.poll(() => page.getByAltText(name).evaluate((image) => Reflect.get(image, 'naturalWidth'))).toBe(1)
    await expect.poll(() => asked).toEqual(expect.arrayContaining(['/own.mp4', '/own.mp3']))
    await expect.poll(() => complaints.filter((line) => line.startsWith('policy:'))).not.toEqual([])
    const breaches = complaints.filter((line) => line.startsWith('policy:'))
    expect(breaches.every((line) => line.includes('object-src') && line.includes('/own.pdf'))).toBe(true)
    expect(asked).not.toContain('/own.pdf')
    await expectNoSidewaysScroll(page)
    await context.close()
  },
)
