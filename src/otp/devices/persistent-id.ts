import type { PersistentId } from '../device.js'

const MAX_ID = 2_147_483_647

/**
 * Returns the ID by which forms, sessions and the audit log name a device.
 *
 * @param kind name of the kind, for example `totp`
 * @param id `id` of its row
 * @example persistentId('totp', 3) // 'totp/3'
 */
export function persistentId(kind: string, id: number): PersistentId {
  return `${kind}/${id}`
}

/**
 * Parses a persistent ID from a form or a session.
 *
 * @param text anything
 * @returns null if it is not a persistent ID. Never throws
 * @example parsePersistentId('totp/3') // { kind: 'totp', id: 3 }
 */
export function parsePersistentId(text: string): { kind: string; id: number } | null {
  const [, kind, digits] = /^([a-z][a-z0-9]{0,15})\/([1-9]\d{0,9})$/.exec(text) ?? []
  const id = Number(digits)
  return kind && id <= MAX_ID ? { kind, id } : null
}
