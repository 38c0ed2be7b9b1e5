import type { Transaction } from 'sequelize'
import type { Origin } from '../origin.js'
import type { Device, Suspicion } from './device.js'

/** What the core tells. Every handler runs inside the transaction of what it is told of; one that throws undoes it. */
export interface OtpEvents {
  /** A device accepted a token. */
  userVerified: { userId: number; device: Device; at: Date; origin: Origin; transaction: Transaction }
  /** A device was enrolled to its end: from now on it verifies. */
  deviceAdded: { userId: number; device: Device; at: Date; origin: Origin; transaction: Transaction }
  /** A device was asked and refused. Not sent while it is throttled. */
  verificationFailed: {
    userId: number
    device: Device
    failureCount: number
    because: Suspicion | null
    at: Date
    origin: Origin
    transaction: Transaction
  }
  /** A device was removed by its owner. */
  deviceRemoved: { userId: number; device: Device; at: Date; origin: Origin; transaction: Transaction }
  /** A device was switched off after too many failures. */
  deviceSwitchedOff: { userId: number; device: Device; at: Date; origin: Origin; transaction: Transaction }
}

type Handler<Name extends keyof OtpEvents> = (event: OtpEvents[Name]) => Promise<void> | void

export interface Events {
  /** Adds a handler. @returns a function that takes it away again */
  on<Name extends keyof OtpEvents>(name: Name, handler: Handler<Name>): () => void
  /** Runs the handlers one after the other, in the order they were added. */
  emit<Name extends keyof OtpEvents>(name: Name, event: OtpEvents[Name]): Promise<void>
}

/** @example events.on('userVerified', async ({ device, transaction }) => { … }) */
export function createEvents(): Events {
  const handlers: { [Name in keyof OtpEvents]: Set<Handler<Name>> } = {
    userVerified: new Set(),
    deviceAdded: new Set(),
    deviceRemoved: new Set(),
    verificationFailed: new Set(),
    deviceSwitchedOff: new Set(),
  }
  return {
    on(name, handler) {
      handlers[name].add(handler)
      return () => handlers[name].delete(handler)
    },
    async emit(name, event) {
      for (const handler of handlers[name]) await handler(event)
    },
  }
}
