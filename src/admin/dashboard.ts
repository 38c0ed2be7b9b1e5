import { QueryTypes } from 'sequelize'
import { panelUserOf } from './panel-user.js'
import type { PanelServices } from './services.js'

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

/** What the landing page shows: the newest events, and staff who could not sign in with a token. */
export interface Dashboard {
  events: RecentEvent[]
  withoutDevice: Person[]
}

/** Both queries end after a few rows, however large the tables are. */
export function dashboard(services: PanelServices) {
  return async (_request: unknown, _response: unknown, context: { currentAdmin?: unknown }): Promise<Dashboard> => {
    panelUserOf(context)
    const [events, withoutDevice] = await Promise.all([recentEvents(services), staffWithoutDevice(services)])
    return { events, withoutDevice }
  }
}

function recentEvents({ database }: PanelServices): Promise<RecentEvent[]> {
  return database.sequelize.query<RecentEvent>(
    `select e.id, e.at, e.event, e.user_id, u.email, e.device, e.address
    from (select * from audit_events order by id desc limit $limit) e left join users u on u.id = e.user_id
    order by e.id desc`,
    { bind: { limit: RECENT }, type: QueryTypes.SELECT },
  )
}

/** A device of a kind that is switched off signs nobody in. */
function staffWithoutDevice({ database, otp }: PanelServices): Promise<Person[]> {
  const none = otp.kinds.map(
    ({ table }) => `not exists (select from ${table} d where d.user_id = u.id and d.confirmed)`,
  )
  return database.sequelize.query<Person>(
    `select u.id, u.email, u.name from users u where u.is_staff and u.is_active and ${none.join(' and ')}
    order by u.id desc limit $limit`,
    { bind: { limit: WITHOUT_DEVICE }, type: QueryTypes.SELECT },
  )
}
