import type { Response } from 'express'
import { QueryTypes } from 'sequelize'
import { COUNTS_AS_FACTOR } from '../otp/device.js'
import { knownUser } from './panel-user.js'
import { can } from './permissions.js'
import { isListAllowed } from './requirements.js'
import { shownKinds } from './resources/devices.js'
import type { PanelServices } from './panel-services.js'

const RECENT = 8
const WITHOUT_DEVICE = 8

interface Person {
  id: number
  email: string
  name: string
}

interface RecentEvent {
  id: string
  at: Date
  event: string
  user_id: number | null
  email: string | null
  device: string | null
  address: string | null
}

/**
 * What the landing page shows: the newest events, and staff without a second factor. Each is
 * null if the user cannot view it, or if this session does not meet its requirement.
 */
export interface DashboardData {
  events: RecentEvent[] | null
  withoutDevice: Person[] | null
}

/** Creates the handler of the landing page. Both of its queries stop after a few rows. */
export function dashboardHandler(services: PanelServices) {
  return async (
    _request: unknown,
    response: Response,
    context?: { currentAdmin?: unknown },
  ): Promise<DashboardData> => {
    const user = knownUser(context?.currentAdmin)
    // A host application can call this as well, without a current admin.
    if (!user) return { events: null, withoutDevice: null }
    const sees = (table: string) => can(user, 'view', table) && isListAllowed(response, table)
    const seesPeople = sees('users')
    const seesDevices = shownKinds(services.otp.everyKind).every(({ table }) => sees(table))
    const [events, withoutDevice] = await Promise.all([
      sees('audit_events') ? recentEvents(services, seesPeople) : null,
      seesPeople && seesDevices ? staffWithoutDevice(services) : null,
    ])
    return { events, withoutDevice }
  }
}

/** @param named whether to include email addresses */
async function recentEvents({ database }: PanelServices, named: boolean): Promise<RecentEvent[]> {
  const events = await database.sequelize.query<RecentEvent>(
    `select e.id, e.at, e.event, e.user_id, u.email, e.device, e.address
    from (select * from audit_events order by id desc limit $limit) e left join users u on u.id = e.user_id
    order by e.id desc`,
    { bind: { limit: RECENT }, type: QueryTypes.SELECT },
  )
  return named ? events : events.map((event) => ({ ...event, email: null }))
}

/** Finds staff who can sign in with their password alone. A disabled device, or one of an unused kind, prevents that. */
function staffWithoutDevice({ database, otp }: PanelServices): Promise<Person[]> {
  const none = otp.everyKind.map(
    ({ table }) => `not exists (select from ${table} d where d.user_id = u.id and ${COUNTS_AS_FACTOR})`,
  )
  return database.sequelize.query<Person>(
    `select u.id, u.email, u.name from users u where u.is_staff and u.is_active and ${none.join(' and ')}
    order by u.id desc limit $limit`,
    { bind: { limit: WITHOUT_DEVICE }, type: QueryTypes.SELECT },
  )
}
