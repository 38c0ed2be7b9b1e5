import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ntfyKind } from '../../examples/custom-device/ntfy/kind.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { addDevice, kindContract } from '../../src/index.js'
import { type RunningWorker, runWorker } from '../../src/notify/run-worker.js'
import { codeSenders } from '../../src/otp/kind-registry/custom-kind.js'
import { requestCode } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { testNotify } from '../support/notify.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const TOPIC = 'long-and-random-topic'
const add = '/account/two-factor/ntfy/add'

/** Starts a server with the publishing part of ntfy, which stores what was published. */
async function startNtfy(): Promise<{
  url: string
  server: Server
  codes(topic: string): string[]
  rejectNext(): void
}> {
  const published: { topic: string; body: string }[] = []
  let isRejecting = false
  const respond = async (req: IncomingMessage, res: ServerResponse) => {
    const body = await text(req)
    if (!isRejecting) published.push({ topic: (req.url ?? '').slice(1), body })
    res.statusCode = isRejecting ? 403 : 200
    isRejecting = false
    res.end()
  }
  const server = createServer((req, res) => void respond(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const codes = (topic: string) =>
    published.filter((each) => each.topic === topic).flatMap(({ body }) => /^\d{6}/.exec(body) ?? [])
  return { url: `http://127.0.0.1:${port}`, server, codes, rejectNext: () => (isRejecting = true) }
}

describe.each(databaseKinds())('a custom kind that sends a code, on the %s database', (where) => {
  let ntfy: Awaited<ReturnType<typeof startNtfy>>
  let database: Database
  let site: TestSite
  let worker: RunningWorker
  beforeAll(async () => {
    ntfy = await startNtfy()
    const kind = ntfyKind(ntfy.url)
    database = await openTestDatabase(where)
    await migrate(database, [kind])
    site = await startTestSite(database, {}, undefined, { kinds: [kind] })
    site.auth.deliveryWait = 150_000
    const keys = createKeyring([Buffer.alloc(32, 7)])
    const mail = { send: async () => {}, close: () => {} }
    worker = runWorker({
      ...testNotify(database, mail, { keys, clock: site.clock, embedded: where === 'embedded' }),
      codeSenders: codeSenders([kind]),
    })
  })
  afterAll(async () => {
    await worker.stop()
    await site.close()
    await database.close()
    await new Promise((resolve) => ntfy.server.close(resolve))
  })

  it('sends one during setup and at sign-in, and accepts each once', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const started = await browser.post(add, { name: 'My phone', topic: TOPIC })
    expect(started.location).toMatch(/^\/account\/two-factor\/ntfy\/\d+\/confirm$/)
    const [first = ''] = ntfy.codes(TOPIC)
    const done = await browser.post(started.location ?? '', { otp_token: first })
    expect(done.location).toBe('/account/two-factor/setup/complete')

    const device = `ntfy/${started.location?.split('/').at(-2)}`
    const other = site.browser()
    await other.post('/account/login', { username: person.email, password: person.password })
    await other.post('/account/login', { otp_device: device, otp_challenge: 'send' })
    expect((await other.get('/account/login')).text).toContain('Only the latest code works.')
    const second = ntfy.codes(TOPIC).at(-1) ?? ''
    expect(ntfy.codes(TOPIC)).toHaveLength(2)
    expect((await other.post('/account/login', { otp_device: device, otp_token: first })).code).toBe('invalid_token')
    site.clock.advance(2)
    expect((await other.post('/account/login', { otp_device: device, otp_token: second })).location).toBe('/admin')
  })

  it('reports a code that could not be delivered, and sends another one at once', async () => {
    const topic = 'another-random-topic'
    const browser = await signIn(site, await createTestUser(site))
    ntfy.rejectNext()
    const failed = await browser.post(add, { name: 'My phone', topic })
    expect(failed).toMatchObject({ status: 422, code: 'challenge_exception' })
    const [, confirm = ''] = /action="([^"]*\/confirm)"/.exec(failed.text) ?? []
    expect((await browser.post(confirm, { otp_challenge: 'again' })).location).toBe(confirm)
    expect((await browser.post(confirm, { otp_challenge: 'again' })).code).toBe('cooldown_pending')
    const [code = ''] = ntfy.codes(topic)
    expect((await browser.post(confirm, { otp_token: code })).location).toBe('/account/two-factor/setup/complete')
  })
})

describe.each(databaseKinds())('a custom kind that sends a code, by the contract, on the %s database', (where) => {
  const kind = ntfyKind('http://127.0.0.1')
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, [kind])
  })
  afterAll(() => database.close())

  let topics = 0
  const checks = kindContract(kind, {
    database: () => database,
    wrongToken: '000000',
    add: (otp, userId) => {
      const columns = { topic: `a-long-random-topic-${(topics += 1)}` }
      return addDevice(otp, undefined, kind, { userId, name: 'Phone', confirmed: true, columns })
    },
    goodToken: requestCode,
  })
  it.each([...checks])('$title', ({ run: expectToHold }) => expectToHold())
})
