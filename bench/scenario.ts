import type { PostgresCluster } from '../test/support/start-postgres.js'

/** One line of the table that README shows. */
export interface ResultRow {
  what: string
  must: string
  measured: string
  ok: boolean
}

/** What a scenario measures with. */
export interface BenchContext {
  /** A server of our own with PostgreSQL's default durability; undefined where it is not installed. */
  postgres: PostgresCluster | undefined
}

export type Scenario = (bench: BenchContext) => Promise<ResultRow[]>
