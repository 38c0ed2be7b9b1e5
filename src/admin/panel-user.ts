import type { Origin } from '../origin.js'
import type { RequestUser } from '../auth/request-user.js'
import { permissionsOf, type Standing } from './permissions.js'
import { unite } from './read-standing.js'
import { PanelRefusal } from './refusal.js'

/** What the panel asks of whoever sent a request. */
type Known = Pick<RequestUser, 'id' | 'email' | 'name' | 'isStaff' | 'isSuperuser' | 'groups'> &
  Partial<Pick<RequestUser, 'person'>>

/**
 * The person as AdminJS knows him (its "current admin"). It keeps what the server needs
 * to decide and to record; `toJSON` is all that ever reaches the browser.
 */
export class PanelUser implements Standing {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly isSuperuser: boolean
  readonly isStaff: boolean
  /** What his groups allow, all together, as texts such as `users.view`; null: he is in none. */
  readonly granted: ReadonlySet<string> | null
  readonly ofHost: readonly string[]
  readonly origin: Origin
  /** When the request arrived, in milliseconds of this machine. */
  readonly arrivedAt: number
  /** Whether this session has shown what reading a resource requires, beyond the permission. */
  readonly opens: (resourceId: string) => boolean
  // Private and behind a getter: whatever writes this object down, or copies it, leaves the person out.
  readonly #person: RequestUser['person']

  /**
   * @param ofHost every permission of a host's resources and pages
   * @param opens what the session that asks has shown
   * @param arrivedAt when the request arrived, in milliseconds of this machine
   */
  constructor(
    user: Known,
    origin: Origin,
    ofHost: readonly string[] = [],
    opens: (resourceId: string) => boolean = () => true,
    arrivedAt: number = Date.now(),
  ) {
    this.id = user.id
    this.email = user.email
    this.name = user.name
    this.isSuperuser = user.isSuperuser
    this.isStaff = user.isStaff
    this.granted = unite(user.groups.map(({ permissions }) => permissions))
    this.ofHost = ofHost
    this.origin = origin
    this.opens = opens
    this.arrivedAt = arrivedAt
    this.#person = user.person ?? null
  }

  /** What the application's users adapter returned, for its own rules; null where people are in the site's own table. */
  get person(): RequestUser['person'] {
    return this.#person
  }

  get level(): 'staff' | 'superuser' {
    return this.isSuperuser ? 'superuser' : 'staff'
  }

  toJSON() {
    return { id: this.id, email: this.email, title: this.name, level: this.level }
  }
}

/** A name for all that somebody may: two people with the same see the same panel. */
export function nameOfAccess(user: Standing): string {
  return user.isSuperuser ? 'superuser' : [...permissionsOf(user)].toSorted().join(' ')
}

/** Who asks, where AdminJS was told; undefined: the application calls AdminJS itself, for nobody. */
export function knownUser(currentAdmin: unknown): PanelUser | undefined {
  return currentAdmin instanceof PanelUser ? currentAdmin : undefined
}

/** Who asks, as AdminJS hands him on. Nobody gets past the guard without, so anything else is a fault. */
export function panelUserOf(context: { readonly currentAdmin?: unknown } | undefined): PanelUser {
  const user = context?.currentAdmin
  if (user instanceof PanelUser) return user
  throw new Error('The panel was called without its guard.')
}

/**
 * Returns who acts. A host application can call the site's own actions without a current admin
 * (`ActionDecorator.invokeHandler`), and may do nothing that way.
 *
 * @throws {PanelRefusal} `not_allowed`
 */
export function actorOf(context: { readonly currentAdmin?: unknown } | undefined): PanelUser {
  const user = knownUser(context?.currentAdmin)
  if (!user) throw new PanelRefusal('not_allowed')
  return user
}
