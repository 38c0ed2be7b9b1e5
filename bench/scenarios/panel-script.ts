import unpacked from '@sparticuz/chromium'
import type { BrowserContext, Page } from 'playwright-core'
import { systemClock } from '../../src/clock.js'
import { launchBrowser, openPage } from '../../test/support/chromium.js'
import { createDatabase } from '../databases.js'
import { formatThousands } from '../stats.js'
import { addUsers, createOtp, signIn } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

/** Measures the JavaScript of the panel that a browser fetches on its first and on its second visit. */
export async function panelScript(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [user] = await addUsers(createOtp(database, systemClock), 1)
  if (!user) throw new Error('There is no user to sign in.')
  const server = await startServer(environment)
  const signedIn = { browser: await signIn(server.baseUrl, user), baseUrl: server.baseUrl }
  const chromium = await launchBrowser(await unpacked.executablePath())
  const { page, context } = await openPage(chromium, { signedIn })
  const first = await scriptBytes(context, page, `${server.baseUrl}/admin`)
  const second = await scriptBytes(context, page, `${server.baseUrl}/admin/resources/users`)
  await chromium.close()
  await server.stop()
  await drop()
  return [
    {
      what: "panel's JavaScript on the wire, first visit / second visit",
      target: '≤ 760 kB / 0 bytes',
      measured: `${formatThousands(first / 1000)} kB / ${formatThousands(second)} bytes`,
      ok: first > 0 && first <= 760_000 && second === 0,
    },
  ]
}

/** Counts the bytes of scripts from the network, with headers and without what came from the cache. */
async function scriptBytes(context: BrowserContext, page: Page, url: string): Promise<number> {
  const session = await context.newCDPSession(page)
  const scripts = new Set<string>()
  let bytes = 0
  await session.send('Network.enable')
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script' && !response.fromDiskCache) scripts.add(requestId)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength
  })
  await page.goto(url, { waitUntil: 'networkidle' })
  await session.detach()
  return bytes
}
