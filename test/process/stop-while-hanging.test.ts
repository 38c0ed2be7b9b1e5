import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../../src/root.js'
import { openBrowser } from '../support/browse.js'
import { buildProgram, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/database.js'
import { startSmtp } from '../support/smtp.js'

/** Milliseconds in which the process must have ended: the promise is ten seconds, the rest is for a busy machine. */
const END_MS = 20_000

/** A server that accepts connections and never says anything. */
async function startSilent() {
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

/** A server whose first sign-in with a backup token sends a mail to this address. */
async function serveWithMail(smtpUrl: string) {
  const server = await startServer({ DATA_DIR: temporaryFolder(), SMTP_URL: smtpUrl, LOG_LEVEL: 'silent' })
  onTestFinished(async () => void (await server.stop('SIGKILL')))
  const told = (name: string) => server.startText.find(([each]) => each === name)?.[1] ?? ''
  const browser = openBrowser(new URL(server.address).origin)
  await browser.post('/account/login', { username: told('E-mail'), password: told('Password') })
  const answer = await browser.post('/account/login', { otp_token: told('Backup token') })
  expect(answer).toMatchObject({ status: 303, location: '/admin' })
  return { server, browser }
}

async function endsInTime(stop: () => Promise<number | null>): Promise<void> {
  const told = performance.now()
  expect(await stop()).toBe(0)
  expect(performance.now() - told).toBeLessThan(END_MS)
}

describe('SIGTERM ends the server (OPS-02)', () => {
  beforeAll(() => buildProgram(), 300_000)

  it('while a mail server accepts a connection and says nothing', async () => {
    const silent = await startSilent()
    const { server, browser } = await serveWithMail(`smtp://127.0.0.1:${silent.port}`)
    await silent.connected
    expect((await browser.get('/readyz')).status).toBe(200)
    await endsInTime(() => server.stop())
  })

  it('while a mail server has read a mail and does not answer', async () => {
    const smtp = await startSmtp('hang')
    onTestFinished(async () => {
      smtp.release()
      await smtp.close()
    })
    const seen = smtp.next('seen')
    const { server, browser } = await serveWithMail(smtp.url)
    await seen
    expect((await browser.get('/readyz')).status).toBe(200)
    await endsInTime(() => server.stop())
  })

  it('while clients hold a connection, a header and a body', async () => {
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
    expect((await openBrowser(new URL(server.address).origin).get('/healthz')).status).toBe(200)
    await endsInTime(() => server.stop())
  })

  it('while it starts and the database does not answer', async () => {
    const silent = await startSilent()
    const program = path.join(root, 'dist/app/otp-admin.js')
    const env = {
      PATH: process.env['PATH'],
      PORT: '0',
      DATA_DIR: temporaryFolder(),
      DATABASE_URL: `postgres://x@127.0.0.1:${silent.port}/x`,
    }
    const child: ChildProcess = spawn(process.execPath, [program, 'serve'], { env, stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    await silent.connected
    const ended = once(child, 'exit')
    const told = performance.now()
    child.kill('SIGTERM')
    expect((await ended)[1]).toBe(null)
    expect(performance.now() - told).toBeLessThan(END_MS)
  })
})
