import { EventEmitter } from 'node:events'
import pg, { type ClientConfig, type Pool } from 'pg'
import { type Options, Sequelize } from 'sequelize'
import type { Config } from '../config/read-config.js'
import { type Connections, createConnections, type Limits } from './connections.js'
import { shareEmbedded, startEmbedded } from './embedded/start-embedded.js'
import { within } from '../within.js'
import { type HostSequelize, connectionFrom } from './host-connection.js'
import { ReleaseOncePool } from './release-once.js'
import { initModels, type Models } from './models/index.js'

/** One database, embedded or on a server: models for the core, a plain pg pool for sessions, limits and jobs. */
export interface Database {
  sequelize: Sequelize
  models: Models
  pool: Pool
  /** PostgreSQL schema that contains only the site's tables; null: the connection's default schema. */
  schema: string | null
  /** Schema of the job queue; graphile-worker creates it. */
  jobsSchema: string
  /** Emits `added` after a transaction of this process that added jobs was committed. */
  jobs: EventEmitter<{ added: [] }>
  /**
   * Runs work that can take long, such as a migration, on separate connections without
   * time limits.
   */
  unhurried: <T>(work: (database: Database) => Promise<T>) => Promise<T>
  /** Signals to processes that wait for the embedded database that this one will end soon. */
  announceStop: () => void
  /**
   * Closes both pools and, if this process owns it, the embedded database. Connections
   * that are still open after one second are cut.
   */
  close: () => Promise<void>
}

/** How to connect. */
export interface ConnectOptions {
  /**
   * How to use the embedded database: `own` it, and fail if another process has it (the
   * server), or `share` that of a running server (the command line).
   */
  embedded?: 'own' | 'share'
  /** Connect to the server of this Sequelize instance, on separate connections, instead of to `DATABASE_URL`. */
  like?: HostSequelize | undefined
  /** No time limits on statements: for the command line. */
  unhurried?: boolean
}

/** Connections in each of the two pools. PostgreSQL allows 100 by default (`max_connections`). */
const POOL_SIZE = 10

/** Milliseconds until a request gives up waiting for a connection. */
const ACQUIRE_MS = 8_000
/** Milliseconds, as above. All connections of the embedded database share one backend, so waiting takes longer. */
const EMBEDDED_ACQUIRE_MS = 30_000
/** Milliseconds that opening a connection can take. */
const CONNECT_MS = 5_000
/** Milliseconds of idleness before TCP sends the first keep-alive probe. */
const KEEP_ALIVE_MS = 10_000
/** Milliseconds that closing the pools can take. */
const CLOSE_MS = 1_000

/**
 * In milliseconds. With these, the site responds again within 10 seconds after a database
 * host has disappeared. The server's limits are the shorter ones, so that a slow statement
 * ends with an error and not with a lost connection.
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
  const server = options.like
    ? connectionFrom(options.like)
    : config.databaseUrl && { connectionString: config.databaseUrl }
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
  // The pool passes its settings to every Client it creates; this Client has its own and ignores them.
  const { Client, prepare } = connections
  const pool = new ReleaseOncePool({
    Client,
    max: POOL_SIZE,
    connectionTimeoutMillis: acquire,
    verify: (client, done) => void prepare(client).then(() => done(), done),
  })
  // The pool drops a connection that fails while idle. Without a listener, Node would end the process.
  pool.on('error', () => {})
  const close = async () => {
    await within(CLOSE_MS, Promise.allSettled([sequelize.close(), pool.end()]))
    connections.destroy()
  }
  const jobsSchema = schema ? `${schema}_jobs` : 'graphile_worker'
  const jobs = new EventEmitter<{ added: [] }>()
  return { sequelize, models: initModels(sequelize), pool, schema: schema ?? null, jobsSchema, jobs, close }
}

/**
 * Sets the search path to the site's schema alone, on every connection from the start. If a
 * table is missing there, that is an error; a table of that name in another schema is never used.
 */
function inSchema(server: ClientConfig, schema: string | undefined): ClientConfig {
  if (!schema) return server
  const append = (options: string | null | undefined) => [options, `-c search_path=${schema}`].filter(Boolean).join(' ')
  if (!server.connectionString) return { ...server, options: append(server.options) }
  // pg prefers parameters in the URL to options passed next to it.
  const url = new URL(server.connectionString)
  url.searchParams.set('options', append(url.searchParams.get('options')))
  return { ...server, connectionString: url.href }
}

/**
 * Opens Sequelize on connections that pg creates from the pool's options: Sequelize's own
 * parser of database URLs ignores `sslmode`.
 */
function openSequelize({ Client, prepare }: Connections, acquire: number): Sequelize {
  // With `databaseVersion` (missing in its types), Sequelize does not query the version on a separate connection.
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
