import React, { useId, useState } from 'react'
import { Icon } from '@adminjs/design-system'
import { ApiClient, type RecordJSON, useNotice, useTranslation } from 'adminjs'
import { useSearch } from '../use-search.js'

/** One side of a membership, a group or a user: its own column, and the other one. */
export interface Side {
  own: 'user_id' | 'group_id'
  other: 'user_id' | 'group_id'
  /** The resource that the other column refers to. */
  resource: 'users' | 'groups'
  /** Characters to type before the search starts. */
  least: number
  /** Keys of texts. */
  none: string
  add: string
}

interface AddProps {
  ownId: string
  side: Side
  onAdded: () => void
}

const api = new ApiClient()

/** Finds people or groups while the user types, and adds the chosen one. */
export function AddMembership({ ownId, side, onAdded }: AddProps) {
  const { translateComponent: text } = useTranslation()
  const notify = useNotice()
  const [query, setQuery] = useState('')
  const found = useSearch(side.resource, query, side.least)
  const id = useId()
  const add = async ({ id: otherId }: RecordJSON) => {
    const data = new FormData()
    data.set(side.own, ownId)
    data.set(side.other, otherId)
    const { data: answer } = await api.resourceAction({ resourceId: 'user_groups', actionName: 'new', data })
    if (answer.notice) notify(answer.notice)
    setQuery('')
    onAdded()
  }
  return (
    <div className="people-search">
      <label htmlFor={id}>{text(side.add)}</label>
      <input
        id={id}
        type="search"
        autoComplete="off"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <ul aria-live="polite">
        {found?.length === 0 && <li className="panel-empty">{text('Memberships.nothing_found')}</li>}
        {found?.map((record) => (
          <li key={record.id}>
            <button className="plain-button" type="button" onClick={() => void add(record)}>
              <Icon icon="Plus" /> <bdi>{record.title}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
