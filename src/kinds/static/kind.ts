import { literal } from 'sequelize'
import { initStaticDevice, initStaticToken } from './model.js'
import { z } from 'zod'
import type { Keyring } from '../../crypto/keyring.js'
import type { KindOutcome } from '../../otp/device.js'
import { backupTokenHashes, parseBackupToken, DEFAULT_SET_NAME } from './backup-token.js'
import { defineKind } from '../../otp/kind-registry/kind.js'

/** Backup tokens. The database looks up the token's row; the request that deletes it has used the token. */
export const staticKind = defineKind({
  name: 'static',
  table: 'static_devices',
  initModel: initStaticDevice,
  panel: {
    icon: 'LifeBuoy',
    columns: [],
    // Only the number of tokens, never a token.
    computed: {
      tokens_left: literal('(select count(*)::int from static_tokens where device_id = "static_devices".id)'),
    },
    properties: { tokens_left: { type: 'number', isSortable: false } },
    inList: ['tokens_left'],
    parts: [{ table: 'static_tokens', icon: 'Hash', columns: ['created_at'], initModel: initStaticToken }],
  },
  isBackup: true,
  defaultName: DEFAULT_SET_NAME,
  input: 'text',
  unguessable: true,
  rejection: 'backup_token',
  columns: `(select t.id from static_tokens t where t.device_id = d.id and t.token_hash = any($lookup) limit 1) as token_id,
    (select t.token_hash from static_tokens t where t.device_id = d.id and strpos(t.token_hash, '.') > 0
      and split_part(t.token_hash, '.', 1) <> all (select split_part(mine, '.', 1) from unnest($lookup::text[]) mine)
      limit 1) as unreadable`,
  remaining: '(select count(*)::int from static_tokens t where t.device_id = d.id)',
  matchesFormat: (token) => parseBackupToken(token) !== null,
  lookup(typed, { keys }) {
    const token = parseBackupToken(typed)
    return token ? backupTokenHashes(keys, token) : []
  },
  row: z.object({ token_id: z.number().nullable(), unreadable: z.string().nullable() }),
  verify(row, typed, { keys }) {
    if (row.token_id === null) return rejectUnknown(row, typed, keys)
    return { accepted: true, changes: {}, consumes: { table: 'static_tokens', id: row.token_id } }
  },
})

/** Rejects a token, or throws if it could be one that was hashed with a key this process does not have. */
function rejectUnknown(row: { unreadable: string | null }, typed: string, keys: Keyring): KindOutcome {
  const isToken = parseBackupToken(typed) !== null
  if (isToken && row.unreadable) keys.requireKnown(row.unreadable)
  return { accepted: false }
}
