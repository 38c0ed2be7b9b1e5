import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { isName } from '../../typed-text/read-name.js'
import type { Device } from '../device.js'
import type { Otp } from '../otp.js'
import type { Kind } from './kind.js'

/** An option of a command, for example `--counter <C>`. */
export interface CommandOption {
  flags: string
  description: string
}

/** A command of the command line that adds a device for a user. It always has the option `--user`. */
export interface KindCommand {
  /** For example `add-totp`. */
  name: string
  description: string
  options: readonly CommandOption[]
  /** The name of the option with a secret. It is read from standard input if `--<name>-stdin` is passed. */
  secret?: 'key' | 'token' | 'fields'
  /** Parses the options, with the secret under its name. A message about an invalid value never contains it. */
  schema: z.ZodType<PrepareDevice>
}

/** Prepares a device for this user, before the transaction that adds it. */
export type PrepareDevice = (otp: Otp, user: { id: number; email: string }) => PreparedDevice | Promise<PreparedDevice>

/** A device that is ready to be added, or what is wrong with the options. */
export type PreparedDevice =
  { ok: true; add(this: void, transaction: Transaction): Promise<DeviceFromCommand> } | { ok: false; problem: string }

/** A confirmed device that a command has added. */
export interface DeviceFromCommand {
  device: Device
  /** What the command prints to standard output. */
  line: string
  /** Printed after the line as a QR code. */
  qrCode?: string
  /** For backup tokens: how many the user has now. */
  tokensLeft?: number
}

/** The device's name, from an option. */
export const deviceNameOption = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .refine(isName, 'must have no control characters and no characters that change the direction of text')

/** A kind with a command that adds a device of it. */
export interface KindWithCommand extends Kind {
  command: KindCommand
}

/** Adds the command that adds a device to a kind. */
export function withCommand<Base extends Kind>(kind: Base, command: KindCommand): Base & KindWithCommand {
  return { ...kind, command }
}

/** Whether the command line can add devices of a kind. */
export const hasCommand = (kind: Kind): kind is KindWithCommand => 'command' in kind
