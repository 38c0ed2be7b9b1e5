import type { Transaction } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../otp.js'
import { defineKind, KIND_NAME_PATTERN, type Kind } from './kind.js'

/**
 * Finds custom kinds that have a table in this database but are not registered in this process.
 * The command line registers only those in `OTP_KINDS`, and a site may have removed one. Their devices verify
 * nobody, but they are devices: their owner has a second factor, and removing all devices removes
 * them.
 *
 * @param known the registered kinds
 */
export async function findUnregisteredKinds(
  database: Pick<Database, 'pool'>,
  known: readonly Kind[],
  transaction?: Transaction,
): Promise<Kind[]> {
  const rows = await runStatement<{ name: string }>(database, transaction, KINDS_WITH_TABLES, {})
  // The names become part of statements, so a name that no migration of a kind can have is ignored.
  const names = rows.map(({ name }) => name).filter((name) => KIND_NAME_PATTERN.test(name))
  return names.filter((name) => !known.some((kind) => kind.name === name)).map(createUnregisteredKind)
}

const KINDS_WITH_TABLES = `
select distinct split_part(substr(name, 6), '/', 1) as name from migrations
where starts_with(name, 'kind:') and to_regclass(split_part(substr(name, 6), '/', 1) || '_devices') is not null
order by name`

/**
 * Returns all kinds, including those that other processes have added to the database since this
 * one started.
 */
export async function kindsByNow(
  { database, everyKind }: Pick<Otp, 'database' | 'everyKind'>,
  transaction?: Transaction,
): Promise<readonly Kind[]> {
  const unregistered = await findUnregisteredKinds(database, everyKind, transaction)
  return unregistered.length === 0 ? everyKind : [...everyKind, ...unregistered]
}

function createUnregisteredKind(name: string): Kind {
  return defineKind({
    name,
    table: `${name}_devices`,
    columns: 'null as nothing',
    matchesFormat: () => false,
    row: z.unknown(),
    verify: () => ({ accepted: false }),
  })
}
