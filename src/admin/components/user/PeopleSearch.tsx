import React, { useId, useState } from 'react'
import { useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { useSearch } from '../use-search.js'

/** Finds people by a part of their email address or name, while the user types. */
export function PeopleSearch() {
  const { translateComponent: text } = useTranslation()
  const [query, setQuery] = useState('')
  const shown = useSearch('users', query)
  const id = useId()
  return (
    <div className="people-search">
      <label htmlFor={id}>{text('PeopleSearch.label')}</label>
      <input
        id={id}
        type="search"
        autoComplete="off"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <ul aria-live="polite">
        {shown?.length === 0 && <li className="panel-empty">{text('PeopleSearch.nobody')}</li>}
        {shown?.map((person) => (
          <li key={person.id}>
            <Link to={`/admin/resources/users/records/${person.id}/show`}>
              <bdi>{person.params['email']}</bdi>
            </Link>{' '}
            <bdi>{person.params['name']}</bdi>
          </li>
        ))}
      </ul>
    </div>
  )
}
