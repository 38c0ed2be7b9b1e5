import React from 'react'
import { Badge, Label, Loader } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { Link } from 'react-router-dom'
import { formatLocalTime, useOwnedRecords } from '../use-owned-records.js'

function stateOf(params: Readonly<Record<string, unknown>>): 'yes' | 'disabled' | 'unconfirmed' {
  if (params['confirmed']) return 'yes'
  return params['confirmed_at'] ? 'disabled' : 'unconfirmed'
}

/** Lists a person's devices of every kind, each with a link to its page. */
export function DevicesOfUser({ record, property }: BasePropertyProps) {
  const { translateComponent: text, translateLabel, translateProperty } = useTranslation()
  const devices = useOwnedRecords(property.custom['tables'] ?? [], String(record?.id))
  if (!devices) return <Loader />
  return (
    <section className="panel-section">
      <Label>{translateProperty(property.label, property.resourceId)}</Label>
      {devices.length === 0 && <p className="panel-empty">{text('DevicesOfUser.none')}</p>}
      {devices.length > 0 && (
        <table className="panel-table">
          <thead>
            <tr>
              <th scope="col">{text('DevicesOfUser.name')}</th>
              <th scope="col">{text('DevicesOfUser.kind')}</th>
              <th scope="col">{text('DevicesOfUser.switched_on')}</th>
              <th scope="col" className="panel-spare">
                {text('DevicesOfUser.last_used')}
              </th>
            </tr>
          </thead>
          <tbody>
            {devices.map(({ id, params, resourceId }) => (
              <tr key={`${resourceId}/${id}`}>
                <td>
                  <Link to={`/admin/resources/${resourceId}/records/${id}/show`}>
                    <bdi>{params['name']}</bdi>
                  </Link>
                </td>
                <td>
                  {translateLabel(`one_${resourceId}`)}
                  {params['tokens_left'] !== undefined &&
                    ` (${text('DevicesOfUser.left', undefined, { count: Number(params['tokens_left']) })})`}
                  <span className="panel-masked">{params['masked_number'] ?? params['masked_email']}</span>
                </td>
                <td>
                  <Badge variant={params['confirmed'] ? 'success' : 'default'}>
                    {text(`DevicesOfUser.${stateOf(params)}`)}
                  </Badge>
                </td>
                <td className="panel-spare">{formatLocalTime(params['last_used_at'])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
