import type { Transaction } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../otp.js'
import { defineKind, KIND_NAME_PATTERN, type Kind } from './kind.js'

/**
 * Kinds from outside that this database has tables of and that nobody registered here: the
 * command line never has them, and a site may have lost one. Their devices verify nobody, but
 * they are devices: who has one has two factors, and whoever removes all devices removes them.
 *
 * @param known those that are registered
 */
export async function findUnregisteredKinds(
  database: Pick<Database, 'pool'>,
  known: readonly Kind[],
  transaction?: Transaction,
): Promise<Kind[]> {
  const rows = await runStatement<{ name: string }>(database, transaction, ADDED_KINDS, {})
  // Their names become part of statements, so a row that no migration of ours wrote is none.
  const names = rows.map(({ name }) => name).filter((name) => KIND_NAME_PATTERN.test(name))
  return names.filter((name) => !known.some((kind) => kind.name === name)).map(absentKind)
}

const ADDED_KINDS = `
select distinct split_part(substr(name, 6), '/', 1) as name from migrations
where starts_with(name, 'kind:') and to_regclass(split_part(substr(name, 6), '/', 1) || '_devices') is not null
order by name`

/**
 * Every kind there is by now. While this process runs, another one may have brought a kind that
 * nobody knew when this one started.
 */
export async function kindsByNow(
  { database, everyKind }: Pick<Otp, 'database' | 'everyKind'>,
  transaction?: Transaction,
): Promise<readonly Kind[]> {
  const absent = await findUnregisteredKinds(database, everyKind, transaction)
  return absent.length === 0 ? everyKind : [...everyKind, ...absent]
}

function absentKind(name: string): Kind {
  return defineKind({
    name,
    table: `${name}_devices`,
    columns: 'null as nothing',
    matchesFormat: () => false,
    row: z.unknown(),
    verify: () => ({ accepted: false }),
  })
}
