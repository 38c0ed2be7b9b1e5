import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ntfyKind } from '../../examples/custom-device/ntfy/kind.js'
import { withFormCommands } from '../../src/cli/form-command.js'
import { createProgram } from '../../src/cli/program.js'
import { addDevice } from '../../src/index.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { type Host, startHost } from '../embedding/host.js'
import { testKind } from '../otp/kinds-contract.js'
import { requestCode } from '../support/challenges.js'
import { createTestUser, signIn } from '../support/site.js'

/** What was published to the server for ntfy, by topic. */
const published = new Map<string, string>()
const server = createServer((req, res) => void publish(req, res))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => void server.close())

async function publish(req: IncomingMessage, res: ServerResponse): Promise<void> {
  published.set((req.url ?? '').slice(1), await text(req))
  res.end()
}

const address = server.address()
const kind = ntfyKind(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
// As if it was in the list. The tests of this file have its module to themselves.
Reflect.apply(Array.prototype.push, builtInKinds, [kind])

describe('a custom kind that was moved into the list of built-in kinds', () => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({})
    host.auth.deliveryWait = 150_000
  })
  afterAll(() => host.close())

  it('has its table, texts, setup pages and delivery without being an option of the site', async () => {
    const person = await createTestUser(host)
    const browser = await signIn(host, person)
    expect((await browser.get('/account/two-factor')).text).toContain(kind.texts.en.add)
    const started = await browser.post('/account/two-factor/ntfy/add', { name: 'Mine', topic: 'long-and-random-topic' })
    expect(started.location).toMatch(/^\/account\/two-factor\/ntfy\/\d+\/confirm$/)
    const code = published.get('long-and-random-topic')?.slice(0, 6) ?? ''
    expect(code).toMatch(/^\d{6}$/)
    const done = await browser.post(started.location ?? '', { otp_token: code })
    expect(done.location).toBe('/account/two-factor/setup/complete')
    expect((await browser.get('/account/two-factor')).text).toContain('Mine')
  })

  it('has its texts in the panel', async () => {
    const browser = await signIn(host, await createTestUser(host, { superuser: true }))
    expect((await browser.get('/admin')).text).toContain(`"ntfy_devices":"${kind.texts.en.names}"`)
  })

  it('is part of readiness, and has a command', async () => {
    const { rows } = await host.database.pool.query(`select name from migrations where name like 'kind:%'`)
    expect(rows).toEqual([{ name: 'kind:ntfy/0001-initial' }])
    const commands = createProgram(withFormCommands(builtInKinds)).commands.map((command) => command.name())
    expect(commands).toContain('add-ntfy')
    expect(commands.filter((name) => name.startsWith('add-'))).toHaveLength(4)
  })
})

describe('its contract', () => {
  let topics = 0
  testKind({
    name: 'ntfy',
    wrongToken: '000000',
    add: (otp, userId) => {
      const columns = { topic: `a-long-random-topic-${(topics += 1)}` }
      return addDevice(otp, undefined, kind, { userId, name: 'Phone', confirmed: true, columns })
    },
    goodToken: requestCode,
  })
})
