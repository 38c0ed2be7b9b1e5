import type { PersistentId } from './device.js'

const MAX_ID = 2_147_483_647

/** The id that forms, sessions and the audit trail name a device by. */
export function persistentId(kind: string, id: number): PersistentId {
  return `${kind}/${id}`
}

/**
 * Takes apart what a form or a session says. Anything that is no persistent id gives
 * null, never an exception.
 *
 * @example parsePersistentId('totp/3') // { kind: 'totp', id: 3 }
 */
export function parsePersistentId(text: string): { kind: string; id: number } | null {
  const [, kind, digits] = /^([a-z][a-z0-9]{0,15})\/([1-9]\d{0,9})$/.exec(text) ?? []
  const id = Number(digits)
  return kind && id <= MAX_ID ? { kind, id } : null
}
