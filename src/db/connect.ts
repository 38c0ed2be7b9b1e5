import pg, { Client, type ClientConfig, Pool } from 'pg'
import { type Options, Sequelize } from 'sequelize'
import type { Config } from '../config/read-config.js'
import { shareEmbedded, startEmbedded } from './embedded.js'
import { type HostSequelize, serverOf } from './host-server.js'
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
  /** Closes both pools and, where this process owns it, the embedded database. */
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
}

/** Connections of each of the two pools; PostgreSQL's own default lets 100 in. */
const POOL_SIZE = 10

/** Whoever waits longer for a connection gets an error instead. */
const PATIENCE_MS = 30_000

/**
 * Connects to `DATABASE_URL`, or to the embedded database in `DATA_DIR`, which it starts.
 * Makes no query. Throws `data_dir_in_use` (see {@link ConnectOptions}).
 */
export async function connectDatabase(config: Config, options: ConnectOptions = {}): Promise<Database> {
  const { databaseSchema: schema } = config
  const server = options.like ? serverOf(options.like) : config.databaseUrl && { connectionString: config.databaseUrl }
  if (server) return open({ keepAlive: true, ...inSchema(server, schema) }, schema, async () => {})
  const start = options.embedded === 'share' ? shareEmbedded : startEmbedded
  const embedded = await start(config.folder)
  return open({ host: config.folder, port: 5432, user: 'postgres', database: 'postgres' }, undefined, embedded.stop)
}

function open(server: ClientConfig, schema: string | undefined, stop: () => Promise<void>): Database {
  const client: ClientConfig = { ...server, connectionTimeoutMillis: PATIENCE_MS }
  const sequelize = openSequelize(client)
  const pool = new Pool({ ...client, max: POOL_SIZE })
  // The pool drops a connection that fails while idle; without a listener Node would end the process.
  pool.on('error', () => {})
  const close = async () => {
    await Promise.all([sequelize.close(), pool.end()])
    await stop()
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
function openSequelize(client: ClientConfig): Sequelize {
  class SameClient extends Client {
    constructor() {
      super(client)
    }
  }
  // With a version given (its types forget this option), it does not ask for one on a connection of its own.
  const options: Options & { databaseVersion: string } = {
    dialect: 'postgres',
    dialectModule: Object.assign(Object.create(pg), { Client: SameClient }),
    databaseVersion: '13.0.0',
    logging: false,
    pool: { max: POOL_SIZE, acquire: PATIENCE_MS },
  }
  return new Sequelize(options)
}
