import type { Pool } from 'pg'
import type { Sequelize } from 'sequelize'
import type { Models } from './models/index.js'

/** One database, embedded or on a server: models for the core, a plain pool for sessions, limits and jobs. */
export interface Database {
  sequelize: Sequelize
  models: Models
  pool: Pool
  close(): Promise<void>
}
