import pg, { Client, type ClientConfig, Pool } from 'pg'
import { type Options, Sequelize } from 'sequelize'
import type { Config } from '../config/read-config.js'
import { shareEmbedded, startEmbedded } from './embedded.js'
import { initModels, type Models } from './models/index.js'

/** One database, embedded or on a server: models for the core, a plain pool for sessions, limits and jobs. */
export interface Database {
  sequelize: Sequelize
  models: Models
  pool: Pool
  close: () => Promise<void>
}

export interface ConnectOptions {
  /**
   * What to do with the embedded database: `own` it and refuse to start where another
   * process has it (the server), or `share` a running server's (the command line).
   */
  embedded?: 'own' | 'share'
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
  if (config.databaseUrl) return open({ connectionString: config.databaseUrl, keepAlive: true }, async () => {})
  const start = options.embedded === 'share' ? shareEmbedded : startEmbedded
  const embedded = await start(config.folder)
  return open({ host: config.folder, port: 5432, user: 'postgres', database: 'postgres' }, embedded.stop)
}

function open(server: ClientConfig, stop: () => Promise<void>): Database {
  const client: ClientConfig = { ...server, connectionTimeoutMillis: PATIENCE_MS }
  const sequelize = openSequelize(client)
  const pool = new Pool({ ...client, max: POOL_SIZE })
  // The pool drops a connection that fails while idle; without a listener Node would end the process.
  pool.on('error', () => {})
  const close = async () => {
    await Promise.all([sequelize.close(), pool.end()])
    await stop()
  }
  return { sequelize, models: initModels(sequelize), pool, close }
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
