import pg, { type ClientConfig, type Pool } from 'pg'
import { type Options, Sequelize } from 'sequelize'
import type { Config } from '../config/read-config.js'
import { type Connections, createConnections, type Limits } from './connections.js'
import { shareEmbedded, startEmbedded } from './embedded.js'
import { within } from '../within.js'
import { type HostSequelize, serverOf } from './host-server.js'
import { ReleaseOncePool } from './release-once.js'
import { initModels, type Models } from './models/index.js'

/** One database, embedded or on a server: models for the core, a plain pool for sessions, limits and jobs. */
export interface Database {
  sequelize: Sequelize
  models: Models
  pool: Pool
  /** PostgreSQL schema that holds our tables and nobody else's; null: whatever the server takes us to. */
  schema: string | null
  /** Schema of the job queue, which is graphile-worker's own. */
  jobsSchema: string
  /**
   * Does work that may take long, such as a migration, on connections of its own: their
   * statements have no limit.
   */
  unhurried: <T>(work: (database: Database) => Promise<T>) => Promise<T>
  /** Tells other processes that wait for the embedded database that this one will end soon. */
  announceStop: () => void
  /**
   * Closes both pools and, if this process owns it, the embedded database. Takes a second
   * at most for the pools, then cuts their connections.
   */
  close: () => Promise<void>
}

/** How to connect. */
export interface ConnectOptions {
  /**
   * What to do with the embedded database: `own` it and refuse to start where another
   * process has it (the server), or `share` a running server's (the command line).
   */
  embedded?: 'own' | 'share'
  /** Connect as this Sequelize does, on connections of our own, instead of to `DATABASE_URL`. */
  like?: HostSequelize | undefined
  /** Statements may take as long as they like: the command line. */
  unhurried?: boolean
}

/** Connections of each of the two pools; PostgreSQL's own default lets 100 in. */
const POOL_SIZE = 10

/** Milliseconds until a request gives up waiting for a connection. */
const ACQUIRE_MS = 8_000
/** On the embedded database all connections wait for one backend, which cannot disappear. */
const EMBEDDED_ACQUIRE_MS = 30_000
/** Milliseconds in which a new connection must be open. */
const CONNECT_MS = 5_000
/** Milliseconds until the first sign of life of an idle connection is asked for. */
const KEEP_ALIVE_MS = 10_000
/** Milliseconds that the pools may take to close. */
const CLOSE_MS = 1_000

/**
 * In milliseconds. Together they bring answers back within 10 seconds after a host has
 * disappeared. The server's own limits come first, so that a slow statement is an error and
 * not a lost connection.
 */
const LIMITS: Limits = { lock: 4_000, statement: 5_000, silence: 6_000, idleInTransaction: 30_000 }

/**
 * Connects to `DATABASE_URL`, or to the embedded database in `DATA_DIR`, which it starts. Makes no
 * query; call {@link migrate} before the first one.
 *
 * @param config from `readConfig`
 * @param options whether an embedded database is owned or shared; whether statements have a time limit
 * @returns two pools on one database and the models. Call `close` at the end
 * @throws SiteError `data_dir_in_use` if another process owns the embedded database
 * @example
 * const database = await connectDatabase(config)
 * await migrate(database)
 */
export async function connectDatabase(config: Config, options: ConnectOptions = {}): Promise<Database> {
  const { databaseSchema: schema } = config
  const server = options.like ? serverOf(options.like) : config.databaseUrl && { connectionString: config.databaseUrl }
  const limits = options.unhurried ? null : LIMITS
  if (server) return openServer(inSchema(server, schema), schema, limits)
  const start = options.embedded === 'share' ? shareEmbedded : startEmbedded
  const embedded = await start(config.folder)
  const client = { host: config.folder, port: 5432, user: 'postgres', database: 'postgres' }
  const parts = open(client, undefined, { limits: null, acquire: EMBEDDED_ACQUIRE_MS, connect: EMBEDDED_ACQUIRE_MS })
  const database: Database = {
    ...parts,
    unhurried: async (work) => work(database),
    announceStop: embedded.announceStop,
    close: async () => {
      await parts.close()
      await embedded.stop()
    },
  }
  return database
}

function openServer(server: ClientConfig, schema: string | undefined, limits: Limits | null): Database {
  const alive = { keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS, ...server }
  const parts = open(alive, schema, { limits, acquire: ACQUIRE_MS, connect: CONNECT_MS })
  const unhurried: Database['unhurried'] = async (work) => {
    const patient = openServer(server, schema, null)
    try {
      return await work(patient)
    } finally {
      await patient.close()
    }
  }
  return { ...parts, unhurried, announceStop: () => {} }
}

interface Patience {
  limits: Limits | null
  /** Milliseconds. */
  acquire: number
  connect: number
}

function open(
  server: ClientConfig,
  schema: string | undefined,
  { limits, acquire, connect }: Patience,
): Omit<Database, 'unhurried' | 'announceStop'> {
  const connections = createConnections({ ...server, connectionTimeoutMillis: connect }, limits)
  const sequelize = openSequelize(connections, acquire)
  // The pool hands its own settings to the connections that it opens; ours have theirs already.
  const { Client, prepare } = connections
  const pool = new ReleaseOncePool({
    Client,
    max: POOL_SIZE,
    connectionTimeoutMillis: acquire,
    verify: (client, done) => void prepare(client).then(() => done(), done),
  })
  // The pool drops a connection that fails while idle; without a listener Node would end the process.
  pool.on('error', () => {})
  const close = async () => {
    await within(CLOSE_MS, Promise.allSettled([sequelize.close(), pool.end()]))
    connections.destroy()
  }
  const jobsSchema = schema ? `${schema}_jobs` : 'graphile_worker'
  return { sequelize, models: initModels(sequelize), pool, schema: schema ?? null, jobsSchema, close }
}

/**
 * Our schema alone is searched, on every connection from its first moment: a table of ours
 * that is missing is an error, and never somebody else's table of that name.
 */
function inSchema(server: ClientConfig, schema: string | undefined): ClientConfig {
  if (!schema) return server
  const and = (options: string | null | undefined) => [options, `-c search_path=${schema}`].filter(Boolean).join(' ')
  if (!server.connectionString) return { ...server, options: and(server.options) }
  // What stands in an address counts for more than what stands beside it.
  const url = new URL(server.connectionString)
  url.searchParams.set('options', and(url.searchParams.get('options')))
  return { ...server, connectionString: url.href }
}

/**
 * Sequelize reads an address in its own way and would leave out `sslmode`, so that it gets
 * connections that pg has made from the same options as the pool's.
 */
function openSequelize({ Client, prepare }: Connections, acquire: number): Sequelize {
  // With a version given (its types forget this option), it does not ask for one on a connection of its own.
  const options: Options & { databaseVersion: string } = {
    dialect: 'postgres',
    dialectModule: Object.assign(Object.create(pg), { Client }),
    databaseVersion: '13.0.0',
    logging: false,
    pool: { max: POOL_SIZE, acquire },
    hooks: { afterConnect: prepare },
  }
  return new Sequelize(options)
}
