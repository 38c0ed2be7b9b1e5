import React from 'react'
import { Icon } from '@adminjs/design-system'
import { type ActionHeaderProps, type ActionJSON, useAction, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'

interface LinkProps {
  action: ActionJSON
  /** Absent for an action on a whole resource. */
  recordId?: string
  actionPerformed: ActionHeaderProps['actionPerformed']
}

/** Links to an action's page. An action without a page asks in a dialogue. */
export function ActionLink({ action, recordId, actionPerformed }: LinkProps) {
  const { resourceId, name, label, icon, variant } = action
  const { translateAction } = useTranslation()
  const { href, handleClick } = useAction(
    action,
    { resourceId, ...(recordId !== undefined && { recordId }) },
    actionPerformed,
  )
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
