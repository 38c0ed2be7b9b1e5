import pg from 'pg'
import { type Options, Sequelize } from 'sequelize'
import type { Config } from '../config/read-config.js'
import { shareEmbedded, startEmbedded } from './embedded.js'
import { initModels, type Models } from './models/index.js'

/** One database, embedded or on a server: models for the core, a plain pool for sessions, limits and jobs. */
export interface Database {
  sequelize: Sequelize
  models: Models
  pool: pg.Pool
  close(): Promise<void>
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

/** Given a version (its types forget this option), Sequelize does not ask for one on a connection of its own. */
const shared: Options & { databaseVersion: string } = {
  dialect: 'postgres',
  logging: false,
  databaseVersion: '13.0.0',
  pool: { max: POOL_SIZE },
}

/**
 * Connects to `DATABASE_URL`, or to the embedded database in `DATA_DIR`, which it starts.
 * Makes no query. Throws `data_dir_in_use` (see {@link ConnectOptions}).
 */
export async function connectDatabase(config: Config, options: ConnectOptions = {}): Promise<Database> {
  if (config.databaseUrl) return connectServer(config.databaseUrl)
  const start = options.embedded === 'share' ? shareEmbedded : startEmbedded
  const embedded = await start(config.folder)
  const name = 'postgres'
  const sequelize = new Sequelize(name, name, '', { ...shared, host: config.folder })
  const pool = new pg.Pool({ host: config.folder, user: name, database: name, max: POOL_SIZE })
  return open(sequelize, pool, embedded.stop)
}

function connectServer(url: string): Database {
  // Sequelize writes host and port of the address into the options it is given.
  return open(new Sequelize(url, { ...shared }), new pg.Pool({ connectionString: url, max: POOL_SIZE }), async () => {})
}

function open(sequelize: Sequelize, pool: pg.Pool, stop: () => Promise<void>): Database {
  // The pool drops a connection that fails while idle; without a listener Node would end the process.
  pool.on('error', () => {})
  const close = async () => {
    await Promise.all([sequelize.close(), pool.end()])
    await stop()
  }
  return { sequelize, models: initModels(sequelize), pool, close }
}
