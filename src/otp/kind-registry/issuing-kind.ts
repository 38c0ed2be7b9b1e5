import type { Transaction } from 'sequelize'
import type { Device } from '../device.js'
import type { Otp } from '../otp.js'
import type { Kind } from './kind.js'

/** A backup token that was added to a device. */
export interface IssuedToken {
  device: Device
  /** In clear text, formatted for people. It is not stored like this. */
  token: string
  /** Number of tokens that the device has now. */
  left: number
}

/** A kind of backup tokens that administrators can issue. */
export interface IssuingKind extends Kind {
  /** Adds one token for a user. */
  issueToken(this: void, otp: Otp, transaction: Transaction, userId: number): Promise<IssuedToken>
}

/** Adds the function with which an administrator issues a token to a kind. */
export function withIssuing(kind: Kind, issueToken: IssuingKind['issueToken']): IssuingKind {
  return { ...kind, issueToken }
}

/** Whether administrators can issue tokens of a kind. */
export const canIssue = (kind: Kind): kind is IssuingKind => 'issueToken' in kind
