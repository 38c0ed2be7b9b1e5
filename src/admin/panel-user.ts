import { z } from 'zod'
import type { ClientInfo } from '../client-info.js'
import type { RequestUser } from '../auth/request-user.js'
import type { CurrentAdmin } from './adminjs.js'
import type { Principal } from './permissions.js'
import { unionPermissions } from './load-principal.js'
import { PanelError } from './panel-error.js'

/** The part of the request's user that the panel needs. */
type Known = Pick<RequestUser, 'id' | 'email' | 'name' | 'isStaff' | 'isSuperuser' | 'groups'> &
  Partial<Pick<RequestUser, 'person'>>

/**
 * The user as AdminJS sees them (its "current admin"). It contains what the server needs for
 * permissions and audit events. Only `toJSON` reaches the browser.
 */
export class PanelUser implements Principal {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly isSuperuser: boolean
  readonly isStaff: boolean
  /** The permissions of all their groups, such as `users.view`. */
  readonly granted: ReadonlySet<string>
  /** What groups can grant of a host's resources and pages; null: all staff have all of it. */
  readonly ofHost: readonly string[] | null
  readonly client: ClientInfo
  /** When the request arrived, in milliseconds on this machine's clock. */
  readonly arrivedAt: number
  /** Whether this session meets the requirement for reading a resource, in addition to the permission. */
  readonly opens: (resourceId: string) => boolean
  // Private with a getter, so that logging, serialising or copying this object leaves the host's user out.
  readonly #person: RequestUser['person']

  /**
   * @param ofHost every permission for a host's resources and pages; null if all staff have them
   * @param opens whether the session meets the requirement for reading a resource
   * @param arrivedAt when the request arrived, in milliseconds on this machine's clock
   */
  constructor(
    user: Known,
    client: ClientInfo,
    ofHost: readonly string[] | null = null,
    opens: (resourceId: string) => boolean = () => true,
    arrivedAt: number = Date.now(),
  ) {
    this.id = user.id
    this.email = user.email
    this.name = user.name
    this.isSuperuser = user.isSuperuser
    this.isStaff = user.isStaff
    this.granted = unionPermissions(user.groups.map(({ permissions }) => permissions))
    this.ofHost = ofHost
    this.client = client
    this.opens = opens
    this.arrivedAt = arrivedAt
    this.#person = user.person ?? null
  }

  /** What the host's users adapter returned, for the host's rules; null if users are stored in the site's own table. */
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

/** Builds a cache key of a user's permissions. Users with the same key see the same panel. */
export function accessKey(user: Principal): string {
  return user.isSuperuser ? 'superuser' : JSON.stringify([...user.granted].toSorted())
}

/** Returns the current admin; undefined if the host called AdminJS itself, without one. */
export function knownUser(currentAdmin: unknown): PanelUser | undefined {
  return currentAdmin instanceof PanelUser ? currentAdmin : undefined
}

/**
 * Returns the current admin. The guard always sets one.
 *
 * @throws if there is none
 */
export function getPanelUser(context: { readonly currentAdmin?: unknown } | undefined): PanelUser {
  const user = context?.currentAdmin
  if (user instanceof PanelUser) return user
  throw new Error('The panel was called without its guard.')
}

/**
 * Returns the actor. A host application can call the site's actions without a current admin
 * (`ActionDecorator.invokeHandler`); those calls are rejected.
 *
 * @throws {PanelError} `not_allowed`
 */
export function actorOf(context: { readonly currentAdmin?: unknown } | undefined): PanelUser {
  const user = knownUser(context?.currentAdmin)
  if (!user) throw new PanelError('not_allowed')
  return user
}

/** AdminJS's type requires a string ID, but its code passes the user on unchanged. */
const currentAdmin = z.custom<CurrentAdmin>((value) => value instanceof PanelUser)
export const toCurrentAdmin = (user: PanelUser): CurrentAdmin => currentAdmin.parse(user)
