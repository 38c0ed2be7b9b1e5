import type { Transaction } from 'sequelize'
import type { Origin } from '../origin.js'
import type { Cause, Device } from './device.js'
import type { Lane } from './failures.js'

interface About {
  userId: number
  at: Date
  origin: Origin
}

interface Inside extends About {
  /** Of what is told; a handler that throws undoes it. */
  transaction: Transaction
}

interface AboutDevice extends Inside {
  device: Device
}

/** Who did something to a device. The origin is his, not the owner's. */
export interface Doer {
  by: 'owner' | 'administrator' | 'command_line' | 'failures'
  /** Null: the owner, the system, or the command line. */
  actorId: number | null
}

/**
 * What is told inside the transaction of what happened. A handler may write with it; one
 * that throws vetoes the change: nothing of it is left.
 */
export interface OtpEvents {
  /** A device accepted a token. */
  userVerified: AboutDevice
  /** The device that accepted it was a set of backup tokens, and the token is used up. Follows `userVerified`. */
  backupTokenUsed: AboutDevice
  /** A device was asked and refused. Not sent while it is throttled. */
  verificationFailed: AboutDevice & {
    failureCount: number
    because: Cause | null
    /** Where the token was submitted. Null: the sender had proved nothing, not even the password, so nothing was counted. */
    lane: Lane | null
  }
  /** So many refused tokens that every device of the account waits until then. Follows `verificationFailed`. */
  userLocked: Inside & { lockedUntil: Date }
  /** A device was enrolled to its end: from now on it verifies. */
  deviceAdded: AboutDevice
  /** A device was removed. `all`: with every other one of its owner, who hears of it once. */
  deviceRemoved: AboutDevice & Doer & { all: boolean }
  /** A device was switched off, by an administrator or after too many failures. */
  deviceSwitchedOff: AboutDevice & Doer
  /** An administrator enabled a device that an administrator had disabled. */
  deviceEnabled: AboutDevice & Doer
}

/** What is told after the fact. Nothing waits for a handler, and one that throws is logged and changes nothing. */
export interface AfterEvents {
  /** A session began. `device` is the one that verified it; null: authenticated only. */
  signedIn: About & { device: string | null; how: 'token' | 'passkey' | 'trusted_browser' | 'password' }
  signedOut: About
  /** A verified session gave another token. */
  stepUp: About & { device: string }
  /** Somebody without a second factor was kept out by the policy, at this address. */
  policyBlocked: About & { path: string }
  /** A browser is trusted from now on. */
  browserTrusted: About & { device: string; expiresAt: Date }
}

type AnyEvents = OtpEvents & AfterEvents
/** Hears of one event. @param event what happened; `transaction` where it is told inside it */
export type Handler<Name extends keyof AnyEvents> = (event: AnyEvents[Name]) => Promise<void> | void

/** Who listens, and how he is told. */
export interface Events {
  /** Adds a handler. @returns a function that takes it away again */
  on<Name extends keyof AnyEvents>(name: Name, handler: Handler<Name>): () => void
  /** Runs the handlers one after the other, in the order they were added, inside the transaction. */
  emit<Name extends keyof OtpEvents>(name: Name, event: OtpEvents[Name]): Promise<void>
  /** Tells after the fact, and does not wait. */
  tell<Name extends keyof AfterEvents>(name: Name, event: AfterEvents[Name]): void
}

/**
 * @param onFault hears of handlers that threw after the fact
 * @example events.on('userVerified', async ({ device, transaction }) => { … })
 */
export function createEvents(onFault: (fault: unknown, event: keyof AfterEvents) => void = () => {}): Events {
  const inside: Handlers<OtpEvents> = {
    userVerified: new Set(),
    backupTokenUsed: new Set(),
    verificationFailed: new Set(),
    userLocked: new Set(),
    deviceAdded: new Set(),
    deviceRemoved: new Set(),
    deviceSwitchedOff: new Set(),
    deviceEnabled: new Set(),
  }
  const after: Handlers<AfterEvents> = {
    signedIn: new Set(),
    signedOut: new Set(),
    stepUp: new Set(),
    policyBlocked: new Set(),
    browserTrusted: new Set(),
  }
  const handlers: Handlers<AnyEvents> = { ...inside, ...after }
  return {
    on(name, handler) {
      handlers[name].add(handler)
      return () => handlers[name].delete(handler)
    },
    async emit(name, event) {
      for (const handler of inside[name]) await handler(event)
    },
    tell(name, event) {
      for (const handler of after[name]) {
        const run = async () => handler(event)
        void run().catch((fault: unknown) => onFault(fault, name))
      }
    },
  }
}

type Handlers<All> = { [Name in keyof All]: Set<(event: All[Name]) => Promise<void> | void> }
