import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpBrowser } from '../support/http-browser.js'
import { startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const running: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()))
})

async function serve(environment: Record<string, string>) {
  const server = await startServer(environment)
  running.push(() => server.stop('SIGKILL'))
  const printed = (name: string) => server.startText.filter(([each]) => each === name).map(([, value]) => value)
  return { ...server, printed, baseUrl: new URL(server.address).origin }
}

describe('the server', () => {
  it('prints at the first start how to sign in, lets that person in, and prints it only once', async () => {
    const folder = temporaryFolder()
    const first = await serve({ DATA_DIR: folder })
    const browser = createHttpBrowser(first.baseUrl)
    const form = { username: first.printed('E-mail')[0] ?? '', password: first.printed('Password')[0] ?? '' }
    await browser.post('/account/login', form)
    const answer = await browser.post('/account/login', { otp_token: first.printed('Backup token')[0] ?? '' })
    expect(answer).toMatchObject({ status: 303, location: '/admin' })
    expect((await browser.get('/admin')).status).toBe(200)
    expect(readFileSync(await firstMail(folder), 'utf8')).toContain('ada@example.com')
    expect(await first.stop()).toBe(0)

    const second = await serve({ DATA_DIR: folder, PORT: new URL(first.baseUrl).port })
    expect(second.startText.map(([name]) => name)).toEqual(['Address', 'Mails'])
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('reports that it is alive and ready', async () => {
    const server = await serve({ DATA_DIR: temporaryFolder('migrated') })
    const browser = createHttpBrowser(server.baseUrl)
    expect((await browser.get('/healthz')).status).toBe(200)
    expect((await browser.get('/readyz')).status).toBe(200)
  })

  it('finishes a running request when it is stopped, accepts no other, and exits with 0', async () => {
    const server = await serve({ DATA_DIR: temporaryFolder('migrated') })
    const { hostname, port } = new URL(server.baseUrl)
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (part) => (answer += part.toString()))
    const ended = new Promise((resolve) => socket.once('close', resolve))
    const body = 'username=nobody%40example.com&password=x'
    // Half of the request: it has begun when the signal arrives, and the rest follows.
    socket.write(
      `POST /account/login HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    await createHttpBrowser(server.baseUrl).get('/healthz')
    const stopped = server.stop('SIGTERM')
    await refusedConnections(Number(port), hostname)
    socket.write(body)
    await ended
    expect(answer).toMatch(/^HTTP\/1.1 422 /)
    expect(await stopped).toBe(0)
  })
})

/** The first email written under a data folder, once there is one. */
async function firstMail(folder: string): Promise<string> {
  const mails = path.join(folder, 'mail')
  mkdirSync(mails, { recursive: true })
  const changes = watch(mails)
  const find = () => readdirSync(mails).find((file) => file.endsWith('.eml'))
  while (!find()) await once(changes, 'change')
  changes.close()
  return path.join(mails, find() ?? '')
}

/** Waits until the port accepts no connection. */
async function refusedConnections(port: number, host: string): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const probe = connect(port, host, () => resolve(true))
    probe.once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
  if (taken) await refusedConnections(port, host)
}
