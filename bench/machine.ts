import { availableParallelism, cpus, totalmem } from 'node:os'
import pg from 'pg'
import type { BenchContext } from './scenario.js'

/** Describes the machine in one line. */
export async function describeMachine({ postgres }: BenchContext): Promise<string> {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const database = postgres ? `PostgreSQL ${await versionOf(postgres.url)}` : 'no PostgreSQL'
  const cores = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}`
  return `${cores}, ${gigabytes} GB, Node.js ${process.versions.node}, ${database}`
}

async function versionOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  await client.end()
  return rows[0]?.server_version ?? ''
}
