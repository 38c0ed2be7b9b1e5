import { z } from 'zod'
import { textField } from '../../http/forms/read-form.js'
import { isName } from '../../typed-text/read-name.js'

export const renameForm = z.object({ name: textField(256) })

/**
 * Normalises a device's name for storage: on one line, without blanks around it.
 *
 * @returns null if nothing is left, or if it is longer than 64 characters or not a valid name
 */
export function parseDeviceName(typed: string | undefined): string | null {
  const name = (typed ?? '')
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return name === '' || Array.from(name).length > 64 || !isName(name) ? null : name
}
