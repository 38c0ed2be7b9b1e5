import React, { useEffect, useId, useState } from 'react'
import { ApiClient, type RecordJSON, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'

const api = new ApiClient()
/** Milliseconds without a key before the search goes out. */
const PAUSE = 200

/** Finds people by a piece of their e-mail address or name, while it is typed. */
export function PeopleSearch() {
  const { translateComponent: text } = useTranslation()
  const [query, setQuery] = useState('')
  const [people, setPeople] = useState<RecordJSON[]>()
  const id = useId()
  const asked = query.trim().length < 2 ? '' : query.trim()
  const shown = asked ? people : undefined
  useEffect(() => {
    if (!asked) return undefined
    let stale = false
    const timer = setTimeout(async () => {
      const found = await api.searchRecords({ resourceId: 'users', query: asked })
      if (!stale) setPeople(found.slice(0, 8))
    }, PAUSE)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [asked])
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
            <Link to={`/admin/resources/users/records/${person.id}/show`}>{person.params['email']}</Link>{' '}
            {person.params['name']}
          </li>
        ))}
      </ul>
    </div>
  )
}
