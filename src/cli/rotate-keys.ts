import { type KeyReport, rotateKeys } from '../otp/rotate-keys.js'
import { exitCode } from './exit-codes.js'
import { withOtp } from './with-otp.js'

/** Seals everything again with the newest key, and prints for each key whether it is still needed. */
export async function rotateKeysCommand(): Promise<void> {
  const { moved, keys } = await withOtp(rotateKeys)
  for (const key of keys) console.log(`${key.keyId}: ${describe(key)}`)
  console.error(`Encrypted ${moved} value${moved === 1 ? '' : 's'} again with the newest key.`)
  if (keys.some(({ state }) => state === 'free'))
    console.error('Before you remove a key, run this again after the last server was restarted with the new key first.')
  if (keys.some(({ state }) => state === 'needed' || state === 'missing')) process.exitCode = exitCode.refused
}

function describe({ state, uses }: KeyReport): string {
  const rows = uses.map((use) => `${use.rows} row${use.rows === 1 ? '' : 's'} of ${use.table}`).join(', ')
  switch (state) {
    case 'newest':
      return 'newest key, in use'
    case 'free':
      return 'no longer needed, remove it from SECRET_KEYS'
    case 'needed':
      return `still needed (${rows} cannot be decrypted: damaged, or encrypted for another row)`
    case 'missing':
      return `missing from SECRET_KEYS, and needed (${rows})`
  }
}
