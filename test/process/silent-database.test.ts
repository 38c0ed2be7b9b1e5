import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/crypto/hash-password.js'
import { connectDatabase } from '../../src/db/connect.js'
import { createHttpBrowser } from '../support/http-browser.js'
import { buildProgram, type RunningServer, startServer } from '../support/command-line.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/postgres-database.js'
import { type Proxy, startProxy, targetOf, throughProxy } from '../support/proxy.js'

const login = '/account/login'

// `npm run bench -- silent-database` measures how long each takes: a machine with other work is slower.
describe.skipIf(!postgresUrl())('a database host that stops responding', () => {
  let where: TestDatabase
  let proxy: Proxy
  let server: RunningServer

  beforeAll(async () => {
    buildProgram()
    where = await createTestDatabase()
    const database = await connectDatabase(testConfig({ DATABASE_URL: where.url }))
    await database.models.User.create({ ...person, password_hash: await hashPassword(person.password) })
    await database.close()
    proxy = await startProxy(targetOf(where.url))
    const places = { DATABASE_URL: throughProxy(where.url, proxy), DATA_DIR: temporaryFolder() }
    server = await startServer({ ...places, LOG_LEVEL: 'silent', LOGIN_ADDRESS_LIMIT: '0' })
  }, 300_000)
  afterAll(async () => {
    await server.stop('SIGKILL')
    await proxy.close()
    await where.drop()
  })

  const person = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada', is_staff: true }
  const signIn = () =>
    createHttpBrowser(new URL(server.address).origin).post(login, { username: person.email, password: person.password })

  it('causes some 503 responses, and the server recovers', { timeout: 300_000 }, async () => {
    const before = await Promise.all(Array.from({ length: 20 }, signIn))
    expect(before.map(({ status }) => status)).toEqual(Array(20).fill(303))
    proxy.swallowOpen()
    let right = 0
    while (right < 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, signIn))
      const wrong = answers.filter(({ status }) => status !== 303)
      for (const { status, code, headers } of wrong)
        expect({ status, code, after: headers['retry-after'] }).toEqual(UNAVAILABLE)
      right = answers.length - wrong.length
    }
  })

  it(
    'is reported by /readyz before a request that waits for the database is given up',
    { timeout: 300_000 },
    async () => {
      const ready = async () => (await createHttpBrowser(new URL(server.address).origin).get('/readyz')).status
      expect(await ready()).toBe(200)
      proxy.swallowAll()
      const answered: string[] = []
      const asked = [
        ...['readyz', 'readyz', 'readyz'].map(async (name) => {
          expect(await ready()).toBe(503)
          answered.push(name)
        }),
        signIn().then(() => answered.push('sign-in')),
      ]
      await Promise.all(asked)
      expect(answered.at(-1)).toBe('sign-in')
      proxy.heal()
      while ((await ready()) !== 200);
    },
  )

  it('does not keep SIGTERM from ending the process', { timeout: 300_000 }, async () => {
    expect((await signIn()).status).toBe(303)
    proxy.swallowAll()
    const requests = Promise.allSettled([signIn(), signIn()])
    expect(await server.stop('SIGTERM')).toBe(0)
    await requests
  })
})

const UNAVAILABLE = { status: 503, code: 'unavailable', after: '5' }
