import React, { type ComponentType } from 'react'
import { Icon } from '@adminjs/design-system'
import { type ActionHeaderProps, type ActionJSON, type RecordJSON, useAction, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { ListHeader } from './ListHeader.js'
import { useNameOf } from './name-record.js'

type Props = ActionHeaderProps & { OriginalComponent: ComponentType<ActionHeaderProps> }

/** Above a record's page stands whom or what it is about, above a list what it lists; other pages keep AdminJS's own. */
export function ActionHeader({ OriginalComponent, ...props }: Props) {
  if (!props.record) return props.action.name === 'list' ? <ListHeader {...props} /> : <OriginalComponent {...props} />
  return <RecordHeader {...props} record={props.record} />
}

function RecordHeader({ resource, record, action, actionPerformed }: ActionHeaderProps & { record: RecordJSON }) {
  const { translateAction, translateLabel } = useTranslation()
  const name = useNameOf(record, resource.id)
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
            <Link to={`/admin/resources/${resource.id}/records/${record.id}/show`}>{name}</Link>
          </>
        )}
      </p>
      <div className="record-line">
        <h1>{isOwnPage ? name : `${translateAction(action.label, resource.id)} – ${name}`}</h1>
        <div className="record-actions">
          {others.map((other) => (
            <ActionLink key={other.name} action={other} record={record} actionPerformed={actionPerformed} />
          ))}
        </div>
      </div>
    </header>
  )
}

interface LinkProps {
  action: ActionJSON
  record: RecordJSON
  actionPerformed: ActionHeaderProps['actionPerformed']
}

/** Leads to the action's page; one that has none asks in a dialogue. */
function ActionLink({ action, record, actionPerformed }: LinkProps) {
  const { resourceId, name, label, icon, variant } = action
  const { translateAction } = useTranslation()
  const { href, handleClick } = useAction(action, { resourceId, recordId: record.id }, actionPerformed)
  const look = `plain-button${variant === 'danger' ? ' plain-button-danger' : ''}`
  const inside = (
    <>
      {icon && <Icon icon={icon} />} {translateAction(label, resourceId)}
    </>
  )
  if (action.component === false)
    return (
      <button className={look} type="button" data-testid={`action-${name}`} onClick={handleClick}>
        {inside}
      </button>
    )
  return (
    <Link className={look} data-testid={`action-${name}`} to={href ?? ''}>
      {inside}
    </Link>
  )
}
