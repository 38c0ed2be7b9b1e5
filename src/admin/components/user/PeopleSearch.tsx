import React from 'react'
import { Link } from 'react-router-dom'
import { RecordSearch } from '../RecordSearch.js'

/** Finds people by a part of their email address or name, while the user types. */
export function PeopleSearch() {
  return (
    <RecordSearch resourceId="users" label="PeopleSearch.label" none="PeopleSearch.nobody">
      {({ id, params }) => (
        <>
          <Link to={`/admin/resources/users/records/${id}/show`}>
            <bdi>{params['email']}</bdi>
          </Link>{' '}
          <bdi>{params['name']}</bdi>
        </>
      )}
    </RecordSearch>
  )
}
