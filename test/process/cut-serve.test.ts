import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type HttpBrowser, createHttpBrowser } from '../support/http-browser.js'
import { buildProgram, type RunningServer, startServer, tryServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { type Proxy, startProxy, targetOf, throughProxy } from '../support/proxy.js'

const login = '/account/login'
/** Starting sends too many messages for one process each. They are spread over the first and the last start. */
const AT_START = [0, 1, 2, 3, 4, 5, 6, 8, 11, 13, 17, 21, 28, 34, 55, 89, 105, 112, 116, 120, 124, 128, 132, 140, 150]
const AT_STOP = [0, 1, 2, 3, 5, 8]
/** One message in this many is cut while requests arrive, with another remainder each time. */
const EVERY = 11
const ROUNDS = 44
const AT_ONCE = 3

interface Place {
  proxy: Proxy
  environment: Record<string, string>
}

/** A database with its tables, behind its own proxy. */
async function openPlace(): Promise<Place> {
  const where = await createTestDatabase()
  const proxy = await startProxy(targetOf(where.url))
  onTestFinished(async () => {
    await proxy.close()
    await where.drop()
  })
  const environment = { DATABASE_URL: throughProxy(where.url, proxy), DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent' }
  return { proxy, environment: { ...environment, LOGIN_ADDRESS_LIMIT: '0' } }
}

/** Cuts the connection that carries one message. @returns whether that message came */
function cutOne(proxy: Proxy, number: number): () => boolean {
  const wanted = proxy.seen() + number
  let cut = false
  proxy.decide((chunk) => {
    if (chunk.number !== wanted) return 'pass'
    cut = true
    return 'cut'
  })
  return () => cut
}

async function each(numbers: readonly number[], attempt: (number: number) => Promise<void>): Promise<void> {
  const left = [...numbers]
  const run = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await attempt(next)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
}

const at = (server: RunningServer): HttpBrowser => createHttpBrowser(new URL(server.address).origin)
/** graphile-worker and Sequelize log errors that they give up on in their own words. */
const withoutTraces = (complaints: string) =>
  complaints
    .replace(/^Trace: .*(?:\n\s+at .*)*$/gm, '')
    .replace(/^(?:Rolling back|Committing) transaction \S+ failed with error .*$/gm, '')
    .trim()
const untilReady = async (server: RunningServer) => {
  while ((await at(server).get('/readyz')).status !== 200);
}

/** Signs in with the link that the first start prints, as the first user of the panel. */
async function enter(server: RunningServer): Promise<HttpBrowser> {
  const printed = (name: string) => server.startText.find(([each]) => each === name)?.[1] ?? ''
  const browser = at(server)
  await browser.post(login, { username: printed('E-mail'), password: printed('Password') })
  expect((await browser.post(login, { otp_token: printed('Backup token') })).status).toBe(303)
  return browser
}

describe.skipIf(!postgresUrl())('a server whose connections break', () => {
  beforeAll(() => buildProgram(), 300_000)

  it(
    'starts, or exits with one line and status 1, for each message of the start that is cut',
    { timeout: 300_000 },
    async () => {
      const outcomes: Record<number, string> = {}
      await each(AT_START, async (number) => {
        const { proxy, environment } = await openPlace()
        const wasCut = cutOne(proxy, number)
        const server = await tryServer(environment)
        outcomes[number] =
          'stderr' in server ? `${server.status} ${withoutTraces(server.stderr)}` : await serves(server)
        if (!wasCut()) outcomes[number] += ' (uncut)'
      })
      const clean = /^(?:serves|1 database_\w+: [^\n]+)(?: \(uncut\))?$/
      expect(Object.entries(outcomes).filter(([, outcome]) => !clean.test(outcome))).toEqual([])
      expect(Object.values(outcomes).filter((outcome) => !outcome.endsWith('(uncut)')).length).toBeGreaterThan(8)
    },
  )

  it('answers at worst 503 while messages are cut, keeps sessions, and recovers', { timeout: 300_000 }, async () => {
    const { proxy, environment } = await openPlace()
    const server = await startServer(environment)
    onTestFinished(async () => void (await server.stop('SIGKILL')))
    const browser = await enter(server)
    const list = () => browser.get('/admin/api/resources/users/actions/list')
    let cuts = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      proxy.decide(({ number }) => {
        if (number % EVERY !== round % EVERY) return 'pass'
        cuts += 1
        return 'cut'
      })
      // Another user each time, so that no throttling interferes.
      const form = { username: `nobody-${round}@example.com`, password: 'wrong' }
      const answers = await Promise.all([list(), browser.get('/account/two-factor'), at(server).post(login, form)])
      const [panel, page, password] = answers.map(({ status }) => status)
      expect([200, 503]).toContain(panel)
      expect([200, 503]).toContain(page)
      expect([422, 503]).toContain(password)
    }
    expect(cuts).toBeGreaterThan(ROUNDS)
    proxy.heal()
    await untilReady(server)
    expect((await list()).status).toBe(200)
    expect(await server.stop()).toBe(0)
    expect(withoutTraces(await server.complaints)).toBe('')
  })

  it('exits with 0 for each message that is cut while it stops', { timeout: 300_000 }, async () => {
    const ended: Record<number, unknown> = {}
    await each(AT_STOP, async (number) => {
      const { proxy, environment } = await openPlace()
      const server = await startServer(environment)
      await untilReady(server)
      cutOne(proxy, number)
      const status = await server.stop()
      ended[number] = [status, withoutTraces(await server.complaints)]
    })
    expect(ended).toEqual(Object.fromEntries(AT_STOP.map((number) => [number, [0, '']])))
  })
})

/** Serves correctly, and stops. */
async function serves(server: RunningServer): Promise<string> {
  await untilReady(server)
  const { status } = await at(server).get(login)
  const ended = await server.stop()
  const complaints = withoutTraces(await server.complaints)
  return status === 200 && ended === 0 && complaints === '' ? 'serves' : `${status} ${ended} ${complaints}`
}
