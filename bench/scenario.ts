import type { PostgresCluster } from '../test/support/start-postgres.js'

/** One line of the table that README shows. */
export interface Row {
  what: string
  must: string
  measured: string
  ok: boolean
}

/** What a scenario measures with. */
export interface Bench {
  /** A server of our own with PostgreSQL's default durability; undefined where it is not installed. */
  postgres: PostgresCluster | undefined
}

export type Scenario = (bench: Bench) => Promise<Row[]>
