import React, { useEffect, useState } from 'react'
import { Loader } from '@adminjs/design-system'
import { ApiClient, useResource, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { EventTable } from './event/EventTable.js'
import { PeopleSearch } from './user/PeopleSearch.js'

/** The response of src/admin/dashboard.ts. Null: the user cannot view it. */
interface Overview {
  events:
    | {
        id: string
        at: string
        event: string
        user_id: number | null
        email: string | null
        device: string | null
        address: string | null
      }[]
    | null
  withoutDevice: { id: number; email: string; name: string }[] | null
}

const api = new ApiClient()

/** Shows the landing page: a search for people, staff without a second factor, and the latest events. */
export function Dashboard() {
  const { translateComponent: text } = useTranslation()
  const seesPeople = useResource('users') !== undefined
  const [overview, setOverview] = useState<Overview>()
  useEffect(() => {
    void api.getDashboard<Overview>().then(({ data }) => setOverview(data))
  }, [])
  return (
    <div className="dashboard">
      <h1>{text('Dashboard.heading')}</h1>
      {seesPeople && (
        <section className="panel-card">
          <h2>{text('Dashboard.people')}</h2>
          <PeopleSearch />
        </section>
      )}
      {overview ? <Cards overview={overview} /> : <Loader />}
      {overview && !seesPeople && !overview.events && <p className="panel-empty">{text('Dashboard.nothing_here')}</p>}
    </div>
  )
}

function Cards({ overview: { events, withoutDevice } }: { overview: Overview }) {
  return (
    <>
      {withoutDevice && <WithoutDevice people={withoutDevice} />}
      {events && <LatestEvents events={events} />}
    </>
  )
}

function WithoutDevice({ people }: { people: NonNullable<Overview['withoutDevice']> }) {
  const { translateComponent: text } = useTranslation()
  return (
    <section className="panel-card">
      <h2>{text('Dashboard.without_device')}</h2>
      {people.length === 0 && <p className="panel-empty">{text('Dashboard.nobody_without_device')}</p>}
      <ul>
        {people.map(({ id, email, name }) => (
          <li key={id}>
            <Link to={`/admin/resources/users/records/${id}/show`}>{email}</Link> {name}
          </li>
        ))}
      </ul>
    </section>
  )
}

function LatestEvents({ events }: { events: NonNullable<Overview['events']> }) {
  const { translateComponent: text } = useTranslation()
  const rows = events.map(({ user_id, email, ...event }) => ({
    ...event,
    user: user_id && email ? { id: user_id, email } : null,
  }))
  return (
    <section className="panel-card panel-card-wide">
      <h2>{text('Dashboard.latest_events')}</h2>
      <EventTable events={rows} />
      <p>
        <Link to="/admin/resources/audit_events">{text('Dashboard.all_events')}</Link>
      </p>
    </section>
  )
}
