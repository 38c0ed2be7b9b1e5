import type { Transaction } from 'sequelize'
import type { Device } from '../device.js'
import type { Otp } from '../otp.js'
import type { Kind } from './kind.js'

/** A token that was added to a device of a kind whose tokens are backups. */
export interface IssuedToken {
  device: Device
  /** In clear, in the form in which people read it. It is stored nowhere like this. */
  token: string
  /** How many tokens the device has now. */
  left: number
}

/** A kind whose tokens are backups, of which an administrator can issue one. */
export interface IssuingKind extends Kind {
  /** Adds one token for a user. */
  issueToken(this: void, otp: Otp, transaction: Transaction, userId: number): Promise<IssuedToken>
}

/** Adds to a kind how an administrator issues one of its tokens. */
export function withIssuing(kind: Kind, issueToken: IssuingKind['issueToken']): IssuingKind {
  return { ...kind, issueToken }
}

/** Whether an administrator can issue tokens of a kind. */
export const canIssue = (kind: Kind): kind is IssuingKind => 'issueToken' in kind
