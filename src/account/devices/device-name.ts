import { z } from 'zod'
import { textField } from '../../http/read-form.js'
import { isName } from '../../typed-text/read-name.js'

export const renameForm = z.object({ name: textField(256) })

/**
 * A device's name as it is kept: on one line, without blanks around it.
 *
 * @returns null where nothing is left, or more than 64 characters
 */
export function parseDeviceName(typed: string | undefined): string | null {
  const name = (typed ?? '')
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return name === '' || Array.from(name).length > 64 || !isName(name) ? null : name
}
