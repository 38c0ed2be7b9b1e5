import type { ClientConfig } from 'pg'
import { z } from 'zod'

/** As much of another program's Sequelize as is asked for; it may come from another copy of the package. */
export interface HostSequelize {
  getDialect(): string
  readonly config: object
}

const text = z.string().nullish()

/** What Sequelize hands on to pg as it is. */
const passedOn = z.object({
  ssl: z.union([z.boolean(), z.looseObject({})]).optional(),
  keepAlive: z.boolean().optional(),
  options: z.string().optional(),
  client_encoding: z.string().optional(),
  statement_timeout: z.union([z.literal(false), z.number()]).optional(),
  lock_timeout: z.number().optional(),
})

const server = z.object({
  host: text,
  port: z.union([z.string(), z.number()]).nullish(),
  database: text,
  username: text,
  password: text,
  dialectOptions: passedOn.nullish(),
})

const replicated = z.object({ replication: z.object({ write: server.partial() }) })

/**
 * Where a Sequelize instance connects to, for connections of our own beside its own: of
 * replicated servers the one that is written to.
 */
export function serverOf(sequelize: HostSequelize): ClientConfig {
  // Its types leave `options` out.
  const write = replicated.safeParse(Reflect.get(sequelize, 'options')).data?.replication.write
  const { host, port, database, username, password, dialectOptions } = server.parse({ ...sequelize.config, ...write })
  const { ssl, options: parameters, ...others } = dialectOptions ?? {}
  return definedOnly({
    host,
    port: port ? Number(port) : undefined,
    database,
    user: username,
    password,
    ssl,
    options: parameters,
    ...others,
  })
}

/** pg falls back to its own defaults for what is missing, and not for what is null. */
function definedOnly(values: Readonly<Record<string, unknown>>): ClientConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null))
}
