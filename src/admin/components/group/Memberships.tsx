import React, { useState } from 'react'
import { Label } from '@adminjs/design-system'
import { ApiClient, type BasePropertyProps, type RecordJSON, useNotice, useResource, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { isolate } from '../../../typed-text/read-name.js'
import { AddMembership, type Side } from './AddMembership.js'
import { useOwnedRecords } from '../use-owned-records.js'

const members: Side = {
  own: 'group_id',
  other: 'user_id',
  resource: 'users',
  least: 2,
  none: 'Memberships.no_users',
  add: 'Memberships.add_users',
}

const groups: Side = {
  own: 'user_id',
  other: 'group_id',
  resource: 'groups',
  least: 1,
  none: 'Memberships.no_groups',
  add: 'Memberships.add_groups',
}

const RESOURCE = ['user_groups']
const api = new ApiClient()

/** Lists a group's members. Users with the permission can add and remove them. */
export function MembersOfGroup(props: BasePropertyProps) {
  return <Memberships {...props} side={members} />
}

/** Lists a person's groups, likewise. */
export function GroupsOfUser(props: BasePropertyProps) {
  return <Memberships {...props} side={groups} />
}

function Memberships({ record, property, side }: BasePropertyProps & { side: Side }) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const [version, setVersion] = useState(0)
  const mayAdd = useResource('user_groups')?.actions.some(({ name }) => name === 'new')
  const changed = () => setVersion(version + 1)
  if (!record) return null
  return (
    <section className="panel-section">
      <Label>{translateProperty(property.label, property.resourceId)}</Label>
      <MembershipList key={version} ownId={record.id} side={side} onRemoved={changed} />
      <p>
        <Link to={`/admin/resources/user_groups?filters.${side.own}=${record.id}`}>{text('Memberships.all')}</Link>
      </p>
      {mayAdd && <p className="panel-hint">{text('Memberships.leaving')}</p>}
      {mayAdd && <AddMembership ownId={record.id} side={side} onAdded={changed} />}
    </section>
  )
}

function MembershipList({ ownId, side, onRemoved }: { ownId: string; side: Side; onRemoved: () => void }) {
  const { translateComponent: text } = useTranslation()
  const memberships = useOwnedRecords(RESOURCE, ownId, side.own)
  if (memberships?.length === 0) return <p className="panel-empty">{text(side.none)}</p>
  return (
    <ul className="membership-list">
      {memberships?.map((membership) => (
        <Membership key={membership.id} membership={membership} side={side} onRemoved={onRemoved} />
      ))}
    </ul>
  )
}

interface MembershipProps {
  membership: RecordJSON
  side: Side
  onRemoved: () => void
}

function Membership({ membership, side: { other, resource }, onRemoved }: MembershipProps) {
  const { translateComponent: text } = useTranslation()
  const notify = useNotice()
  const { id, params, populated, recordActions } = membership
  const name = populated[other]?.title
  const remove = async () => {
    const data = new FormData()
    const answer = await api.recordAction({ resourceId: 'user_groups', recordId: id, actionName: 'delete', data })
    if (answer.data.notice) notify(answer.data.notice)
    onRemoved()
  }
  return (
    <li>
      {name ? (
        <Link to={`/admin/resources/${resource}/records/${params[other]}/show`}>
          <bdi>{name}</bdi>
        </Link>
      ) : (
        params[other]
      )}
      {recordActions.some((action) => action.name === 'delete') && (
        <button
          className="plain-button"
          type="button"
          aria-label={text('Memberships.remove_name', undefined, { name: isolate(name ?? '') })}
          onClick={() => void remove()}
        >
          {text('Memberships.remove')}
        </button>
      )}
    </li>
  )
}
