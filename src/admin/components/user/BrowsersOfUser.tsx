import React from 'react'
import { Label, Loader } from '@adminjs/design-system'
import { useTranslation, type BasePropertyProps } from 'adminjs'
import { Link } from 'react-router-dom'
import { nameBrowser, UNKNOWN_BROWSER } from '../../../client-info.js'
import { formatLocalTime, useOwnedRecords } from '../use-owned-records.js'

const RESOURCE = 'trusted_browsers'

/** Lists a person's trusted browsers, each with a link to its page, where it can be removed. */
export function BrowsersOfUser({ record, property }: BasePropertyProps) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const browsers = useOwnedRecords([RESOURCE], String(record?.id))
  if (!browsers) return <Loader />
  return (
    <section className="panel-section">
      <Label>{translateProperty(property.label, property.resourceId)}</Label>
      {browsers.length === 0 && <p className="panel-empty">{text('BrowsersOfUser.none')}</p>}
      {browsers.length > 0 && (
        <table className="panel-table">
          <thead>
            <tr>
              {['browser', 'address', 'expires_at'].map((name) => (
                <th scope="col" key={name}>
                  {translateProperty(name, RESOURCE)}
                </th>
              ))}
              <th scope="col" className="panel-spare">
                {translateProperty('last_used_at', RESOURCE)}
              </th>
            </tr>
          </thead>
          <tbody>
            {browsers.map(({ id, params }) => (
              <tr key={id}>
                <td>
                  <Link to={`/admin/resources/${RESOURCE}/records/${id}/show`}>
                    {nameBrowser(params['browser'] ?? UNKNOWN_BROWSER, text('BrowserName.unknown'))}
                  </Link>
                </td>
                <td>{params['address']}</td>
                <td>{formatLocalTime(params['expires_at'])}</td>
                <td className="panel-spare">{formatLocalTime(params['last_used_at'])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
