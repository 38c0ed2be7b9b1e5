import React from 'react'
import { Icon } from '@adminjs/design-system'
import { type ActionHeaderProps, useFilterDrawer, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { ActionLink } from './ActionLink.js'
import { ExportButton } from './ExportButton.js'
import { findHostResource } from './find-host-resource.js'
import { PeopleTabs } from './user/PeopleTabs.js'

/** Shows the header of a list: its name, the number of rows, and the actions on the whole resource. */
export function ListHeader({ resource, action, tag, toggleFilter: isFiltered, actionPerformed }: ActionHeaderProps) {
  const { translateAction, translateButton, translateLabel } = useTranslation()
  const { toggleFilter, filtersCount } = useFilterDrawer()
  const makes = resource.resourceActions.find(({ name }) => name === 'new')
  const ofHost = findHostResource(resource.id)
  // Only a host's resource can have other actions, such as its own export.
  const others = ofHost ? resource.resourceActions.filter(({ name }) => name !== 'new' && name !== 'list') : []
  return (
    <header className="record-header">
      <p className="record-path">
        <Link to="/admin">{translateLabel('dashboard')}</Link> <span aria-hidden>/</span>{' '}
        {translateLabel(resource.name, resource.id)}
      </p>
      <div className="record-line">
        <h2>
          {translateAction(action.label, resource.id)} {tag && <span className="list-count">{tag}</span>}
        </h2>
        <div className="record-actions">
          {makes && (
            <Link className="plain-button plain-button-primary" to={`/admin/resources/${resource.id}/actions/new`}>
              <Icon icon="Plus" /> {translateAction(makes.label, resource.id)}
            </Link>
          )}
          {others.map((other) => (
            <ActionLink key={other.name} action={other} actionPerformed={actionPerformed} />
          ))}
          {!ofHost && resource.actions.some(({ name }) => name === 'export') && (
            <ExportButton resourceId={resource.id} />
          )}
          {isFiltered && (
            <button className="plain-button" type="button" data-testid="action-filter" onClick={toggleFilter}>
              <Icon icon="Filter" />{' '}
              {translateButton(filtersCount > 0 ? 'filterActive' : 'filter', resource.id, { count: filtersCount })}
            </button>
          )}
        </div>
      </div>
      {resource.id === 'users' && (
        <PeopleTabs seesDevices={resource.filterProperties.some(({ name }) => name === 'second_factor')} />
      )}
    </header>
  )
}
