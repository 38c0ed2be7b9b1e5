import { runHostCode } from '../host-code.js'
import type { AfterEvents, Events, Handler, OtpEvents } from './events.js'

/** What handlers are named by. */
export type EventName = keyof (OtpEvents & AfterEvents)

/** A handler for each event that somebody wants to hear of, by its name. */
export type EventHandlers = { [Name in EventName]?: Handler<Name> }

/** Every name; the compiler misses one that is left out. */
const names: Readonly<Record<EventName, true>> = {
  userVerified: true,
  backupTokenUsed: true,
  verificationFailed: true,
  userLocked: true,
  deviceAdded: true,
  deviceRemoved: true,
  deviceSwitchedOff: true,
  deviceEnabled: true,
  signedIn: true,
  signedOut: true,
  stepUp: true,
  policyBlocked: true,
  browserTrusted: true,
}

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(names, name)
}

/**
 * Adds the application's handlers behind our own. From then on every handler that is added
 * is the application's as well.
 */
export function addHandlers(events: Events, handlers: EventHandlers): void {
  const { on } = events
  events.on = (name, handler) => on(name, (event) => runHostCode(() => handler(event)))
  for (const name of Object.keys(names)) if (isEventName(name)) add(events, handlers, name)
}

function add<Name extends EventName>(events: Events, handlers: Pick<EventHandlers, Name>, name: Name): void {
  const handler = handlers[name]
  if (handler) events.on(name, handler)
}
