import { runHostCode } from '../host-code.js'
import { runInTime } from '../run-in-time.js'
import type { AfterEvents, Events, Handler, OtpEvents } from './events.js'

/** The names of all events. */
export type EventName = keyof (OtpEvents & AfterEvents)

/** The handlers of an application, by the event's name. */
export type EventHandlers = { [Name in EventName]?: Handler<Name> }

/** Whether a transaction waits for an event's handlers. The compiler reports a missing event. */
const waits: Readonly<Record<keyof OtpEvents, true> & Record<keyof AfterEvents, false>> = {
  userVerified: true,
  backupTokenUsed: true,
  verificationFailed: true,
  userLocked: true,
  deviceAdded: true,
  deviceRemoved: true,
  deviceSwitchedOff: true,
  deviceEnabled: true,
  signedIn: false,
  signedOut: false,
  stepUp: false,
  policyBlocked: false,
  browserTrusted: false,
}

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(waits, name)
}

/**
 * Adds the application's handlers after the site's own. Every handler that is added later is also
 * treated as the application's.
 *
 * @param seconds time limit of a handler while a transaction waits for it
 */
export function subscribeAll(events: Events, handlers: EventHandlers, seconds?: number): void {
  const { on } = events
  events.on = (name, handler) =>
    on(name, (event) => {
      const run = () => handler(event)
      return waits[name] ? runInTime(`A handler of ${name}`, run, seconds) : runHostCode(run)
    })
  for (const name of Object.keys(waits)) if (isEventName(name)) add(events, handlers, name)
}

function add<Name extends EventName>(events: Events, handlers: Pick<EventHandlers, Name>, name: Name): void {
  const handler = handlers[name]
  if (handler) events.on(name, handler)
}
