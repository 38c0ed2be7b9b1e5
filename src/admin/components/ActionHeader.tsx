import React, { type ComponentType } from 'react'
import { type ActionHeaderProps, type RecordJSON, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { ActionLink } from './ActionLink.js'
import { ListHeader } from './ListHeader.js'
import { nameBrowser, UNKNOWN_BROWSER } from '../../client-info.js'

type Props = ActionHeaderProps & { OriginalComponent: ComponentType<ActionHeaderProps> }

/** Replaces AdminJS's header on pages of records, of lists and of new records. Other pages keep it. */
export function ActionHeader({ OriginalComponent, ...props }: Props) {
  const { action, record } = props
  if (action.name === 'new') return <NewHeader {...props} />
  if (record) return <RecordHeader {...props} record={record} />
  return action.name === 'list' ? <ListHeader {...props} /> : <OriginalComponent {...props} />
}

function NewHeader({ resource, action }: ActionHeaderProps) {
  const { translateAction, translateLabel } = useTranslation()
  return (
    <header className="record-header">
      <p className="record-path">
        <Link to="/admin">{translateLabel('dashboard')}</Link> <span aria-hidden>/</span>{' '}
        <Link to={`/admin/resources/${resource.id}`}>{translateLabel(resource.name, resource.id)}</Link>
      </p>
      <div className="record-line">
        <h1>{translateAction(action.label, resource.id)}</h1>
      </div>
    </header>
  )
}

function RecordHeader({ resource, record, action, actionPerformed }: ActionHeaderProps & { record: RecordJSON }) {
  const { translateAction, translateLabel } = useTranslation()
  const name = useRecordName(record, resource.id)
  const isOwnPage = action.name === 'show'
  const others = isOwnPage ? record.recordActions.filter((other) => other.name !== 'show') : []
  return (
    <header className="record-header">
      <p className="record-path">
        <Link to="/admin">{translateLabel('dashboard')}</Link> <span aria-hidden>/</span>{' '}
        <Link to={`/admin/resources/${resource.id}`}>{translateLabel(resource.name, resource.id)}</Link>
        {!isOwnPage && (
          <>
            {' '}
            <span aria-hidden>/</span>{' '}
            <Link to={`/admin/resources/${resource.id}/records/${encodeURIComponent(record.id)}/show`}>
              <bdi>{name}</bdi>
            </Link>
          </>
        )}
      </p>
      <div className="record-line">
        <h1>
          {!isOwnPage && `${translateAction(action.label, resource.id)} – `}
          <bdi>{name}</bdi>
        </h1>
        <div className="record-actions">
          {others.map((other) => (
            <ActionLink key={other.name} action={other} recordId={record.id} actionPerformed={actionPerformed} />
          ))}
        </div>
      </div>
    </header>
  )
}

/** Returns the name of a record: that of the person or the device, or the event's text. */
function useRecordName({ id, params, title }: RecordJSON, resourceId: string): string {
  const { translateComponent, translateLabel } = useTranslation()
  if (resourceId === 'users') return params['name'] || params['email']
  if (resourceId === 'audit_events')
    return translateComponent(`Events.${title}`, undefined, { defaultValue: title.replaceAll('_', ' ') })
  if (resourceId === 'trusted_browsers')
    return nameBrowser(title ?? UNKNOWN_BROWSER, translateComponent('BrowserName.unknown'))
  return resourceId === 'static_tokens' ? `${translateLabel('one_static_tokens')} ${id}` : title
}
