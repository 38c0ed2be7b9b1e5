import { z } from 'zod'
import { backupTokenHashes, parseBackupToken } from '../backup-token.js'
import { defineKind } from './kind.js'

/** Backup tokens: the database looks up the one row, and whoever deletes it has used it. */
export const staticKind = defineKind({
  name: 'static',
  table: 'static_devices',
  unguessable: true,
  columns:
    '(select t.id from static_tokens t where t.device_id = d.id and t.token_hash = any($lookup) limit 1) as token_id',
  remaining: '(select count(*)::int from static_tokens t where t.device_id = d.id)',
  couldBe: (token) => parseBackupToken(token) !== null,
  lookup(typed, { keys }) {
    const token = parseBackupToken(typed)
    return token ? backupTokenHashes(keys, token) : []
  },
  row: z.object({ token_id: z.number().nullable() }),
  judge(row) {
    if (row.token_id === null) return { accepted: false }
    return { accepted: true, changes: {}, consumes: { table: 'static_tokens', id: row.token_id } }
  },
})
