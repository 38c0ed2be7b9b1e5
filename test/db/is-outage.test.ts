import { NOTFOUND } from 'node:dns'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { Client, type ClientConfig, Pool } from 'pg'
import * as sequelize from 'sequelize'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isOutage } from '../../src/db/is-outage.js'

const coded = (code: string) => Object.assign(new Error('x'), { code })

/** An error with a code, and the same error inside others. */
const everyForm = (code: string) => [
  coded(code),
  new Error('y', { cause: coded(code) }),
  Object.assign(new Error('z'), { original: coded(code) }),
]
const areOutages = (code: string) => everyForm(code).map((error) => isOutage(error))
const OUTAGES = [true, true, true]

describe('an error of the database', () => {
  it.each([
    '08006',
    '53300',
    '57P01',
    '57P03',
    '57014',
    '55P03',
    '25P03',
    '25006',
    NOTFOUND,
    'database_silent',
    'host_users_silent',
    'host_code_silent',
  ])('is an outage with code %s, also inside another error', (code) => {
    expect(areOutages(code)).toEqual(OUTAGES)
  })

  it('is an outage with exactly these of all codes that Node has, also inside another error', () => {
    const errors = [...getSystemErrorMap().values()].filter(([code]) => areOutages(code).some(Boolean))
    expect(errors.map(([, meaning]) => meaning).toSorted()).toEqual([
      'address not available',
      'broken pipe',
      'connection refused',
      'connection reset by peer',
      'connection timed out',
      'host is down',
      'host is unreachable',
      'network is down',
      'network is unreachable',
      'no address',
      'permanent failure',
      'socket is not connected',
      'software caused connection abort',
      'temporary failure',
    ])
    expect(errors.map(([code]) => areOutages(code))).toEqual(errors.map(() => OUTAGES))
  })

  // The system has this one, and Node has no name for it.
  it('is an outage if the network was reset', () => {
    expect(constants.errno).toHaveProperty('ENETRESET')
    expect(areOutages('ENETRESET')).toEqual(OUTAGES)
  })

  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect', 'timeout expired'])(
    'is an outage if pg says “%s”',
    (message) => {
      expect(isOutage(new Error(message))).toBe(true)
    },
  )

  it.each(['23505', '42P01', '40001', 'EACCES', ''])('is a bug with code “%s”', (code) => {
    expect(isOutage(coded(code))).toBe(false)
  })

  it('is an outage for exactly these of all errors of Sequelize', () => {
    const classes = Object.entries(sequelize).filter(([name]) => /^[A-Z]\w+Error$/.test(name))
    const named = classes.map(([name]) => Object.assign(new Error('x'), { name: `Sequelize${name}` }))
    const { ConnectionError } = sequelize
    const expected = classes.filter(([, type]) => [type, Object.getPrototypeOf(type)].includes(ConnectionError))
    expect(expected.length).toBeGreaterThan(5)
    expect(classes.filter((_, index) => isOutage(named[index]))).toEqual(expected)
  })

  it('is a bug if the error is its own cause or cannot be read', () => {
    const loop = new Error('loop')
    loop.cause = loop
    const silent = new Proxy(new Error('silent'), {
      get: () => {
        throw new TypeError('cannot be read')
      },
    })
    expect([loop, silent].map((error) => isOutage(error))).toEqual([false, false])
  })
})

describe('what pg throws is an outage', () => {
  function at(server: Server): ClientConfig {
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    return { host: '127.0.0.1', port, user: 'x', password: 'x', database: 'x', ssl: false }
  }

  /** How to connect to a server that does this with each connection. */
  async function listen(treat: (socket: Socket) => void): Promise<ClientConfig> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}))
      treat(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return at(server)
  }

  const errorOf = async (promise: Promise<unknown>): Promise<unknown> =>
    await promise.then(
      () => null,
      (error: unknown) => error,
    )

  async function connect(to: ClientConfig): Promise<unknown> {
    const client = new Client(to)
    client.on('error', () => {})
    return await errorOf(client.connect())
  }

  it.each<[string, string, (socket: Socket) => void]>([
    ['resets the connection', 'ECONNRESET', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closes it', 'Connection terminated unexpectedly', (socket) => socket.once('data', () => socket.end())],
  ])('if the server %s', async (_what, says, treat) => {
    const error = await connect(await listen(treat))
    expect(String(error)).toContain(says)
    expect(isOutage(error)).toBe(true)
  })

  it('if the server sends nothing', async () => {
    const error = await connect({ ...(await listen(() => {})), connectionTimeoutMillis: 200 })
    expect(error).toMatchObject({ message: 'timeout expired' })
    expect(isOutage(error)).toBe(true)
  })

  it('if no server listens', async () => {
    // A port that was free a moment ago.
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const closed = at(server)
    await new Promise((resolve) => server.close(resolve))
    const error = await connect(closed)
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    expect(isOutage(error)).toBe(true)
  })

  it('if the client was closed', async () => {
    const client = new Client(await listen(() => {}))
    await client.end()
    const error = await errorOf(client.query('select 1'))
    expect(error).toMatchObject({ message: 'Client was closed and is not queryable' })
    expect(isOutage(error)).toBe(true)
  })

  it('if all connections of the pool are busy, or it is closed', async () => {
    const pool = new Pool({ ...(await listen(() => {})), max: 1, connectionTimeoutMillis: 200 })
    const waiting = await Promise.all([errorOf(pool.connect()), errorOf(pool.connect())])
    await pool.end()
    const errors = [...waiting, await errorOf(pool.connect())]
    expect(errors.map(String)).toEqual([
      'Error: Connection terminated due to connection timeout',
      'Error: timeout exceeded when trying to connect',
      'Error: Cannot use a pool after calling end on the pool',
    ])
    expect(errors.map((error) => isOutage(error))).toEqual([true, true, true])
  })
})
