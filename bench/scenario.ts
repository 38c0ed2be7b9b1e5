import type { PostgresCluster } from '../test/support/start-postgres.js'

/** A row of the table in docs/benchmarks.md. */
export interface ResultRow {
  what: string
  target: string
  measured: string
  ok: boolean
}

/** What a scenario runs on. */
export interface BenchContext {
  /** A private server with PostgreSQL's default durability. Undefined if PostgreSQL is not installed. */
  postgres: PostgresCluster | undefined
}

export type Scenario = (bench: BenchContext) => Promise<ResultRow[]>
