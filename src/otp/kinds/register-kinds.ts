import type { Config } from '../../config/read-config.js'
import { assertKindTables } from '../../db/check-kind-tables.js'
import type { Database } from '../../db/connect.js'
import type { Otp } from '../otp.js'
import { absentKinds } from './absent-kinds.js'
import type { AddedKind } from './added-kind.js'
import { checkKinds } from './check-kinds.js'
import { everyKind, kindsFor } from './index.js'
import { sayKinds } from './say-kinds.js'

/**
 * The kinds of a site: those that it brings, those from outside, and those that only their
 * tables are left of.
 *
 * @throws SiteError `kind_name_invalid`, `kind_name_taken`, `kind_incomplete`, `kind_table_missing`, `kind_column_missing`
 */
export async function registerKinds(
  database: Database,
  config: Pick<Config, 'smsGateway' | 'otpEmail'>,
  added: readonly AddedKind[],
): Promise<Pick<Otp, 'kinds' | 'everyKind'>> {
  checkKinds(added)
  await assertKindTables(database, added)
  sayKinds(added)
  const absent = await absentKinds(database, everyKind(added))
  return { kinds: kindsFor(config, added), everyKind: everyKind([...added, ...absent]) }
}
