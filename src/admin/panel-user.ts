import type { Origin } from '../origin.js'
import type { RequestUser } from '../auth/request-user.js'

/** How much of the panel somebody sees; the page is prepared once for each. */
export type Level = 'staff' | 'superuser'

/**
 * The person as AdminJS knows him (its "current admin"). It keeps what the server needs
 * to decide and to record; `toJSON` is all that ever reaches the browser.
 */
export class PanelUser {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly isSuperuser: boolean
  /** What his groups allow, all together, as texts such as `users.view`; null: he is in none. */
  readonly granted: ReadonlySet<string> | null
  readonly origin: Origin

  constructor(user: RequestUser, origin: Origin) {
    this.id = user.id
    this.email = user.email
    this.name = user.name
    this.isSuperuser = user.isSuperuser
    this.granted = user.groups.length > 0 ? new Set(user.groups.flatMap(({ permissions }) => permissions)) : null
    this.origin = origin
  }

  get level(): Level {
    return this.isSuperuser ? 'superuser' : 'staff'
  }

  toJSON() {
    return { id: this.id, email: this.email, title: this.name, level: this.level }
  }
}

/** Who asks, as AdminJS hands him on. Nobody gets past the guard without, so anything else is a fault. */
export function panelUserOf(context: { readonly currentAdmin?: unknown } | undefined): PanelUser {
  const user = context?.currentAdmin
  if (user instanceof PanelUser) return user
  throw new Error('The panel was called without its guard.')
}
