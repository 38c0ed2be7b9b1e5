import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { Client } from 'pg'
import { beforeAll, describe, it, type TestContext } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { createHttpBrowser } from '../support/http-browser.js'
import { buildProgram, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { accountSid, authToken, startTwilio } from '../notify/twilio/fake-twilio.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { startSmtpServer } from '../support/smtp-server.js'

/** The number of the lock that src/db/migrate.ts takes. */
const MIGRATION_LOCK = 0x6f747061

/** A server that accepts connections and never responds. */
async function startSilent({ onTestFinished }: TestContext) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port }: AddressInfo = Object.assign({ port: 0, family: '', address: '' }, server.address())
  return { port, connected: once(server, 'connection') }
}

/** A server whose first sign-in with a backup token sends an email to this address. */
async function serveWithMail(
  { expect, onTestFinished }: TestContext,
  smtpUrl: string,
  environment: Record<string, string> = {},
) {
  const places = { DATA_DIR: temporaryFolder('migrated'), SMTP_URL: smtpUrl, LOG_LEVEL: 'silent' }
  const server = await startServer({ ...places, ...environment })
  onTestFinished(async () => void (await server.stop('SIGKILL')))
  const printed = (name: string) => server.startText.find(([each]) => each === name)?.[1] ?? ''
  const browser = createHttpBrowser(new URL(server.address).origin)
  await browser.post('/account/login', { username: printed('E-mail'), password: printed('Password') })
  const answer = await browser.post('/account/login', { otp_token: printed('Backup token') })
  expect(answer).toMatchObject({ status: 303, location: '/admin' })
  return { server, browser }
}

/** A server that does not get as far as printing its URL. */
function startChild({ onTestFinished }: TestContext, databaseUrl: string): ChildProcess {
  const program = path.join(packageRoot, 'dist/app/otp-admin.js')
  const env = { PATH: process.env['PATH'], PORT: '0', DATA_DIR: temporaryFolder(), DATABASE_URL: databaseUrl }
  const child = spawn(process.execPath, [program, 'serve'], { env, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

// `npm run bench -- silent-database` measures how long an end takes: a machine with other work is slower.
// The timeout of the test ends a process that does not exit.
describe.concurrent('SIGTERM ends the server', { timeout: 300_000 }, () => {
  beforeAll(() => buildProgram(), 300_000)

  it('while a mail server accepts a connection and never responds', async (test) => {
    const { expect } = test
    const silent = await startSilent(test)
    const { server, browser } = await serveWithMail(test, `smtp://127.0.0.1:${silent.port}`)
    await silent.connected
    expect((await browser.get('/readyz')).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })

  it('while a mail server has read an email and does not respond', async (test) => {
    const { expect, onTestFinished } = test
    const smtp = await startSmtpServer('hang')
    onTestFinished(async () => {
      smtp.release()
      await smtp.close()
    })
    const seen = smtp.next('seen')
    const { server, browser } = await serveWithMail(test, smtp.url)
    await seen
    expect((await browser.get('/readyz')).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })

  it('while Twilio has read a message and does not respond', async (test) => {
    const { expect, onTestFinished } = test
    const smtp = await startSmtpServer()
    const twilio = await startTwilio()
    onTestFinished(async () => {
      await twilio.close()
      await smtp.close()
    })
    twilio.behaviour = 'hang'
    const { server, browser } = await serveWithMail(test, smtp.url, {
      SMS_GATEWAY: 'twilio',
      TWILIO_ACCOUNT_SID: accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_CALLER_ID: '+15005550006',
      TWILIO_BASE_URL: twilio.url,
    })
    const phone = { phone_number: '+41791234567', phone_method: 'sms' }
    const asked = Promise.allSettled([browser.post('/account/two-factor/phones/add', phone)])
    while (twilio.requests.length === 0) expect((await browser.get('/readyz')).status).toBe(200)
    expect(await server.stop()).toBe(0)
    await asked
  })

  it.skipIf(!postgresUrl())('while a migration waits for a lock that another connection has', async (test) => {
    const { expect, onTestFinished } = test
    const where = await createTestDatabase('empty')
    const other = new Client({ connectionString: where.url })
    await other.connect()
    onTestFinished(async () => {
      await other.end()
      await where.drop()
    })
    await other.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    const child = startChild(test, where.url)
    const ended = once(child, 'exit')
    const waiting = `select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`
    while ((await other.query(waiting)).rowCount === 0);
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('while clients leave a connection, a header and a body open', async (test) => {
    const { expect } = test
    const server = await startServer({ DATA_DIR: temporaryFolder('migrated'), LOG_LEVEL: 'silent' })
    const { hostname, port } = new URL(server.address)
    const begun = [
      '',
      'GET / HTTP/1.1\r\nHost: x\r\n',
      'POST /account/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nu',
    ]
    for (const bytes of begun) {
      const socket = connect(Number(port), hostname).on('error', () => {})
      await once(socket, 'connect')
      socket.write(bytes)
    }
    expect((await createHttpBrowser(new URL(server.address).origin).get('/healthz')).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })

  it('while it starts and the database does not respond', async (test) => {
    const { expect } = test
    const silent = await startSilent(test)
    const child = startChild(test, `postgres://x@127.0.0.1:${silent.port}/x`)
    await silent.connected
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    // The start was stopped on purpose, so it is not a failure that it was not complete.
    expect(await ended).toEqual([0, null])
  })
})
