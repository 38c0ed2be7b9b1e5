import React from 'react'
import { Label, Loader } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { Link } from 'react-router-dom'
import { EventTable } from '../event/EventTable.js'
import { useOwnedRecords } from '../use-owned-records.js'

const RESOURCE = ['audit_events']

/** Lists a person's latest events, with a link to all of them. */
export function EventsOfUser({ record, property }: BasePropertyProps) {
  const { translateComponent, translateProperty } = useTranslation()
  const records = useOwnedRecords(RESOURCE, String(record?.id))
  if (!records) return <Loader />
  const events = records.map(({ params }) => ({
    id: String(params['id']),
    at: String(params['at']),
    event: String(params['event']),
    address: params['address'] ?? null,
    device: params['device'] ?? null,
  }))
  return (
    <section className="panel-section">
      <Label>{translateProperty(property.label, property.resourceId)}</Label>
      <EventTable events={events} />
      <Link to={`/admin/resources/audit_events?filters.user_id=${record?.id}`}>
        {translateComponent('EventsOfUser.all')}
      </Link>
    </section>
  )
}
