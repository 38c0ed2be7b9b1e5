import type { Config } from '../../config/read-config.js'
import { assertKindTables } from '../../db/kind-tables.js'
import type { Database } from '../../db/connect.js'
import type { Otp } from '../otp.js'
import { findUnregisteredKinds } from './unregistered-kinds.js'
import { filterCustomKinds } from './custom-kind.js'
import { validateKinds } from './validate-kinds.js'
import type { Kind } from './kind.js'
import { registerKindTexts } from './register-kind-texts.js'

/** The part of the configuration that decides which kinds are used. */
export type KindConfig = Pick<Config, 'smsGateway' | 'otpEmail'>

/**
 * Registers the kinds of a site, and finds those of which only the tables are left.
 *
 * @param kinds the built-in kinds, then the custom ones
 * @throws SiteError `kind_name_invalid`, `kind_name_taken`, `kind_incomplete`, `kind_table_missing`, `kind_column_missing`
 */
export async function registerKinds(
  database: Database,
  config: KindConfig,
  kinds: readonly Kind[],
): Promise<Pick<Otp, 'kinds' | 'everyKind'>> {
  validateKinds(kinds)
  const customKinds = filterCustomKinds(kinds)
  await assertKindTables(database, customKinds)
  registerKindTexts(customKinds)
  const unregistered = await findUnregisteredKinds(database, kinds)
  return { kinds: kindsFor(config, kinds), everyKind: inOrder([...kinds, ...unregistered]) }
}

/**
 * Returns the kinds that this configuration uses. A device of any other kind keeps its row, but
 * verifies nobody and is not offered. The first confirmed device of the first kind is the default
 * device.
 */
export function kindsFor(config: KindConfig, kinds: readonly Kind[]): readonly Kind[] {
  return inOrder(kinds.filter((kind) => kind.isEnabled(config)))
}

/** Sorts backup tokens last, so that they are never the default device. */
export function inOrder(kinds: readonly Kind[]): readonly Kind[] {
  return [...kinds.filter(({ isBackup }) => !isBackup), ...kinds.filter(({ isBackup }) => isBackup)]
}
