import React from 'react'
import { useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { EventBadge } from './EventName.js'
import { formatLocalTime } from '../use-owned-records.js'

export interface EventRow {
  id: string
  at: string
  event: string
  address: string | null
  device: string | null
  /** The user that the event is about; absent if all rows are about the same one. */
  user?: { id: number; email: string } | null
}

/** Lists events of the audit log, each with a link to its page. */
export function EventTable({ events }: { events: readonly EventRow[] }) {
  const { translateComponent: text } = useTranslation()
  if (events.length === 0) return <p className="panel-empty">{text('EventTable.none')}</p>
  return (
    <table className="panel-table">
      <thead>
        <tr>
          <th scope="col">{text('EventTable.time')}</th>
          <th scope="col">{text('EventTable.event')}</th>
          <th scope="col">{text('EventTable.concerns')}</th>
          <th scope="col" className="panel-spare">
            {text('EventTable.address')}
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map(({ id, at, event, user, device, address }) => (
          <tr key={id}>
            <td>
              <Link to={`/admin/resources/audit_events/records/${id}/show`}>{formatLocalTime(at)}</Link>
            </td>
            <td>
              <EventBadge event={event} />
            </td>
            <td>
              {user ? (
                <Link to={`/admin/resources/users/records/${user.id}/show`}>
                  <bdi>{user.email}</bdi>
                </Link>
              ) : (
                (device ?? '–')
              )}
            </td>
            <td className="panel-spare">{address ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
