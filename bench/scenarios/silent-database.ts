import { systemClock } from '../../src/clock.js'
import { createHttpBrowser } from '../../test/support/http-browser.js'
import { startProxy, targetOf, throughProxy } from '../../test/support/proxy.js'
import { createDatabase } from '../databases.js'
import { addUsers, createOtp, PASSWORD } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const REQUESTS = 20

/** Measures the seconds that a silently unreachable database host costs. */
export async function silentDatabase(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [user] = await addUsers(createOtp(database, systemClock), 1)
  const url = environment['DATABASE_URL']
  if (!user || !url) throw new Error('This scenario needs PostgreSQL and a user.')
  const proxy = await startProxy(targetOf(url))
  const settings = { ...environment, DATABASE_URL: throughProxy(url, proxy), LOGIN_ADDRESS_LIMIT: '0' }
  const server = await startServer(settings)
  const form = { username: user.email, password: PASSWORD }
  const status = async () => (await createHttpBrowser(server.baseUrl).post('/account/login', form)).status
  const allSucceed = async () =>
    (await Promise.all(Array.from({ length: REQUESTS }, status))).every((each) => each === 303)
  while (!(await allSucceed()));
  proxy.swallowOpen()
  const recovery = await secondsOf(async () => {
    while (!(await allSucceed()));
  })
  proxy.swallowAll()
  const readiness = await secondsOf(() => createHttpBrowser(server.baseUrl).get('/readyz'))
  const pending = Promise.allSettled([status(), status()])
  const exit = await secondsOf(() => server.stop())
  await pending
  await proxy.close()
  await drop()
  return [
    row('correct responses again after a database host has disappeared', 10, recovery),
    row('`/readyz` during that time', 3, readiness),
    row('SIGTERM during that time, with requests in progress', 10, exit),
  ]
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function row(what: string, most: number, seconds: number): ResultRow {
  return { what, target: `≤ ${most} s`, measured: `${seconds.toFixed(1)} s`, ok: seconds <= most }
}
