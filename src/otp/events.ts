import type { Transaction } from 'sequelize'
import type { ClientInfo } from '../client-info.js'
import type { Cause, Device } from './device.js'
import type { Lane } from './throttle/failures.js'

interface EventBase {
  userId: number
  at: Date
  client: ClientInfo
}

interface TransactionEvent extends EventBase {
  /** The transaction of the change. A handler that throws undoes it. */
  transaction: Transaction
}

interface DeviceEvent extends TransactionEvent {
  device: Device
}

/** Who changed a device. The event's `client` is theirs, not the owner's. */
export interface Actor {
  by: 'owner' | 'administrator' | 'command_line' | 'failures'
  /** ID of the administrator. Null: the owner, the site or the command line. */
  actorId: number | null
}

/**
 * Events that are emitted inside the transaction of the change. A handler can write in the same
 * transaction. If a handler throws, the change is rolled back.
 */
export interface OtpEvents {
  /** A device accepted a token. */
  userVerified: DeviceEvent
  /** A backup token was accepted and consumed. Follows `userVerified`. */
  backupTokenUsed: DeviceEvent
  /** A device rejected a token. Not emitted while the device is throttled. */
  verificationFailed: DeviceEvent & {
    failureCount: number
    because: Cause | null
    /** Where the token was submitted. Null: the requester had not entered a password, so nothing was counted. */
    lane: Lane | null
  }
  /** The account is locked because of too many rejected tokens. Follows `verificationFailed`. */
  userLocked: TransactionEvent & { lockedUntil: Date }
  /** The setup of a device was finished. It is active. */
  deviceAdded: DeviceEvent
  /** A device was removed. `all`: together with all others of its owner, who is notified once. */
  deviceRemoved: DeviceEvent & Actor & { all: boolean }
  /** A device was disabled by an administrator or after too many failures. */
  deviceSwitchedOff: DeviceEvent & Actor
  /** An administrator enabled a device that an administrator had disabled. */
  deviceEnabled: DeviceEvent & Actor
}

/** Events that are emitted after the change. Nothing waits for a handler. If one throws, the error is logged. */
export interface AfterEvents {
  /** A session began. `device` verified it. Null: the session is authenticated only. */
  signedIn: EventBase & { device: string | null; how: 'token' | 'passkey' | 'trusted_browser' | 'password' }
  signedOut: EventBase
  /** A device accepted another token in a verified session. */
  stepUp: EventBase & { device: string }
  /** The policy blocked a user without a second factor at this path. */
  policyBlocked: EventBase & { path: string }
  /** A browser is trusted from now on. */
  browserTrusted: EventBase & { device: string; expiresAt: Date }
}

type AnyEvents = OtpEvents & AfterEvents
/** Receives one event. It contains `transaction` if it is emitted inside one. */
export type Handler<Name extends keyof AnyEvents> = (event: AnyEvents[Name]) => Promise<void> | void

/** Adds handlers, and emits events to them. */
export interface Events {
  /** Adds a handler. Returns a function that removes it. */
  on<Name extends keyof AnyEvents>(name: Name, handler: Handler<Name>): () => void
  /** Runs the handlers inside the transaction, one after the other, in the order in which they were added. */
  emit<Name extends keyof OtpEvents>(name: Name, event: OtpEvents[Name]): Promise<void>
  /** Runs the handlers after the change, without waiting for them. */
  emitAfter<Name extends keyof AfterEvents>(name: Name, event: AfterEvents[Name]): void
}

/**
 * Creates an emitter without handlers.
 *
 * @param onError called if a handler throws after the change
 * @example events.on('userVerified', async ({ device, transaction }) => { … })
 */
export function createEvents(onError: (error: unknown, event: keyof AfterEvents) => void = () => {}): Events {
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
    emitAfter(name, event) {
      for (const handler of after[name]) {
        const run = async () => handler(event)
        void run().catch((error: unknown) => onError(error, name))
      }
    },
  }
}

type Handlers<All> = { [Name in keyof All]: Set<(event: All[Name]) => Promise<void> | void> }
