import { systemClock } from '../../src/clock.js'
import { createHttpBrowser } from '../../test/support/http-browser.js'
import { startProxy, targetOf, throughProxy } from '../../test/support/proxy.js'
import { createDatabase } from '../databases.js'
import { addUsers, createOtp, PASSWORD } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const REQUESTS = 20

/** What a database host that disappears without a word costs, in seconds. */
export async function silentDatabase(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [person] = await addUsers(createOtp(database, systemClock), 1)
  const url = environment['DATABASE_URL']
  if (!person || !url) throw new Error('This needs PostgreSQL and somebody who signs in.')
  const proxy = await startProxy(targetOf(url))
  const places = { ...environment, DATABASE_URL: throughProxy(url, proxy), LOGIN_ADDRESS_LIMIT: '0' }
  const server = await startServer(places)
  const form = { username: person.email, password: PASSWORD }
  const status = async () => (await createHttpBrowser(server.baseUrl).post('/account/login', form)).status
  const allRight = async () =>
    (await Promise.all(Array.from({ length: REQUESTS }, status))).every((each) => each === 303)
  while (!(await allRight()));
  proxy.swallowOpen()
  const over = await secondsOf(async () => {
    while (!(await allRight()));
  })
  proxy.swallowAll()
  const told = await secondsOf(() => createHttpBrowser(server.baseUrl).get('/readyz'))
  const waiting = Promise.allSettled([status(), status()])
  const ended = await secondsOf(() => server.stop())
  await waiting
  await proxy.close()
  await drop()
  return [
    row('right answers again after a database host has disappeared', 10, over),
    row('`/readyz` meanwhile', 3, told),
    row('SIGTERM meanwhile, with requests under way', 10, ended),
  ]
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function row(what: string, most: number, seconds: number): ResultRow {
  return { what, must: `≤ ${most} s`, measured: `${seconds.toFixed(1)} s`, ok: seconds <= most }
}
