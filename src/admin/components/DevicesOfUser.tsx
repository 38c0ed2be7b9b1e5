import React from 'react'
import { Badge, Label, Loader } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { Link } from 'react-router-dom'
import { readable, useRecordsOf } from './load-records.js'

/** A person's devices of every kind, each leading to its own page. */
export function DevicesOfUser({ record, property }: BasePropertyProps) {
  const { translateLabel, translateProperty } = useTranslation()
  const devices = useRecordsOf(property.custom['tables'] ?? [], String(record?.id))
  if (!devices) return <Loader />
  return (
    <section className="panel-section">
      <Label>{translateProperty(property.label, property.resourceId)}</Label>
      {devices.length === 0 && <p className="panel-empty">No device. This person cannot sign in with a token.</p>}
      {devices.length > 0 && (
        <table className="panel-table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Switched on</th>
              <th scope="col">Last used</th>
            </tr>
          </thead>
          <tbody>
            {devices.map(({ id, params, resourceId }) => (
              <tr key={`${resourceId}/${id}`}>
                <td>
                  <Link to={`/admin/resources/${resourceId}/records/${id}/show`}>{params['name']}</Link>
                </td>
                <td>
                  {translateLabel(`one_${resourceId}`)}
                  {params['tokens_left'] !== undefined && ` (${params['tokens_left']} left)`}
                </td>
                <td>
                  <Badge variant={params['confirmed'] ? 'success' : 'default'}>
                    {params['confirmed'] ? 'yes' : 'no'}
                  </Badge>
                </td>
                <td>{readable(params['last_used_at'])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
