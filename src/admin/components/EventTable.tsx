import React from 'react'
import { Link } from 'react-router-dom'
import { EventBadge } from './EventName.js'
import { readable } from './load-records.js'

export interface EventRow {
  id: string
  at: string
  event: string
  address: string | null
  device: string | null
  /** The person it concerns; left out where all rows are about one. */
  user?: { id: number; email: string } | null
}

/** The newest lines of the audit trail, each leading to its own page. */
export function EventTable({ events }: { events: readonly EventRow[] }) {
  if (events.length === 0) return <p className="panel-empty">Nothing yet.</p>
  return (
    <table className="panel-table">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Event</th>
          <th scope="col">Concerns</th>
          <th scope="col">Address</th>
        </tr>
      </thead>
      <tbody>
        {events.map(({ id, at, event, user, device, address }) => (
          <tr key={id}>
            <td>
              <Link to={`/admin/resources/audit_events/records/${id}/show`}>{readable(at)}</Link>
            </td>
            <td>
              <EventBadge event={event} />
            </td>
            <td>
              {user ? <Link to={`/admin/resources/users/records/${user.id}/show`}>{user.email}</Link> : (device ?? '–')}
            </td>
            <td>{address ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
