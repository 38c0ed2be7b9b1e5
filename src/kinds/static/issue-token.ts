import type { Transaction } from 'sequelize'
import { addStaticToken } from './add-token.js'
import { formatBackupToken } from './backup-token.js'
import type { IssuedToken } from '../../otp/kind-registry/issuing-kind.js'
import type { Otp } from '../../otp/otp.js'

/** Adds one backup token to a user's set and returns it formatted for display. */
export async function issueBackupToken(otp: Otp, transaction: Transaction, userId: number): Promise<IssuedToken> {
  const { device, token, left } = await addStaticToken(otp, transaction, userId)
  return { device, token: formatBackupToken(token), left }
}
