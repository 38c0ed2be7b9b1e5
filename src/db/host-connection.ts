import type { ClientConfig } from 'pg'
import { z } from 'zod'

/** The part of the host's Sequelize instance that is read. The instance can come from another copy of the package. */
export interface HostSequelize {
  getDialect(): string
  readonly config: object
}

const text = z.string().nullish()

/** The options that Sequelize passes to pg unchanged. */
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
 * Returns the pg options of the server that a Sequelize instance connects to, for separate
 * connections to it. With replication, it is the server for writes.
 */
export function connectionFrom(sequelize: HostSequelize): ClientConfig {
  // `options` is missing in Sequelize's types.
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

/** Removes null values: pg uses its defaults for missing options, but not for null. */
function definedOnly(values: Readonly<Record<string, unknown>>): ClientConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null))
}
