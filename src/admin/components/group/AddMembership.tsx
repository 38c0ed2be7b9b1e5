import React from 'react'
import { Icon } from '@adminjs/design-system'
import { ApiClient, type RecordJSON, useNotice } from 'adminjs'
import { RecordSearch } from '../RecordSearch.js'

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
  const notify = useNotice()
  const add = async ({ id: otherId }: RecordJSON, clear: () => void) => {
    const data = new FormData()
    data.set(side.own, ownId)
    data.set(side.other, otherId)
    const { data: answer } = await api.resourceAction({ resourceId: 'user_groups', actionName: 'new', data })
    if (answer.notice) notify(answer.notice)
    clear()
    onAdded()
  }
  return (
    <RecordSearch resourceId={side.resource} label={side.add} none="Memberships.nothing_found" least={side.least}>
      {(record, clear) => (
        <button className="plain-button" type="button" onClick={() => void add(record, clear)}>
          <Icon icon="Plus" /> <bdi>{record.title}</bdi>
        </button>
      )}
    </RecordSearch>
  )
}
